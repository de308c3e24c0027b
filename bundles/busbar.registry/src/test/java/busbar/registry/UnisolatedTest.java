package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.admin.GroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.device.DmaUnmapOps;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps;
import busbar.api.memory.Access;
import busbar.api.memory.Extent;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Groups without an IOMMU: unprotected ones, as recorded in traces 400 to 404, and mediated ones.
 */
class UnisolatedTest {
  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;
  private final VfioAdmin admin = rig.registry.admin();

  @AfterEach
  void close() {
    rig.close();
    rig.assertNoViolation();
  }

  private void allow(String value) {
    admin.setParameter("vfio", "enable_unsafe_noiommu_mode", value);
  }

  private int openUnprotected() {
    return client.open("/dev/vfio/noiommu-0", OpenMode.READ_WRITE);
  }

  @Test
  void withoutAnIommuADeviceIsBoundOnlyIfTheParameterSaysSo() {
    rig.bus.plug("n", null);
    assertThat(admin.device("n").driver()).isEmpty();
    assertThat(admin.device("n").because()).contains("no IOMMU isolates n");
    assertThat(rig.driver.diary).endsWith("probe n", "remove n");
    assertThat(Rig.errno(() -> admin.bind("n", "fake"))).isEqualTo(Errno.EINVAL);
    allow("1");
    admin.bind("n", "fake");
    GroupView group = admin.groups().getLast();
    assertThat(group.node()).as("the lowest number that is free").isEqualTo("noiommu-0");
    assertThat(group.type()).isEqualTo(GroupType.NO_IOMMU);
    assertThat(group.taint()).isNotEmpty();
    assertThat(group.devices()).containsExactly("n");
    assertThat(admin.parameters().get("vfio").getFirst().value()).isEqualTo("Y");
    allow("N");
    openUnprotected();
    assertThat(Rig.errno(() -> allow("maybe"))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> admin.setParameter("vfio", "x", "1"))).isEqualTo(Errno.ENOENT);
    assertThat(Rig.errno(() -> admin.setParameter("y", "x", "1"))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void anUnprotectedGroupNeedsItsOwnBackendAndAPrivilegedUser() {
    allow("Y");
    rig.bus.plug("n", null);
    FakeBackend none = new FakeBackend(Backends.NO_IOMMU, Set.of(8));
    rig.registry.addBackend(none, 0);
    int group = openUnprotected();
    assertThat(rig.status(group)).isEqualTo(1);
    int container = client.openContainer();
    assertThat(rig.checkExtension(container, 8)).isEqualTo(1);
    assertThat(rig.checkExtension(container, 1)).isEqualTo(1);
    rig.setContainer(group, container);
    assertThat(rig.status(group)).isEqualTo(3);
    assertThat(rig.checkExtension(container, 8)).isEqualTo(1);
    assertThat(rig.checkExtension(container, 1)).isZero();
    assertThat(Rig.errno(() -> rig.setIommu(container, 1))).isEqualTo(Errno.ENODEV);
    rig.setIommu(container, 8);
    int device = rig.device(group, "n");
    client.close(device);
    client.drop(Capability.SYS_RAWIO);
    assertThat(Rig.errno(() -> rig.device(group, "n"))).isEqualTo(Errno.EPERM);
    rig.unsetContainer(group);
    assertThat(Rig.errno(() -> rig.setContainer(group, container))).isEqualTo(Errno.EPERM);
    client.close(group);
    assertThat(Rig.errno(this::openUnprotected)).isEqualTo(Errno.EPERM);
  }

  @Test
  void protectedAndUnprotectedGroupsDoNotMix() {
    allow("Y");
    rig.bus.plug("n", null);
    int container = client.openContainer();
    int group = openUnprotected();
    int real = client.openGroup(1);
    rig.setContainer(real, container);
    assertThat(Rig.errno(() -> rig.setContainer(group, container))).isEqualTo(Errno.EPERM);
    rig.unsetContainer(real);
    rig.setContainer(group, container);
    assertThat(Rig.errno(() -> rig.setContainer(real, container))).isEqualTo(Errno.EPERM);
  }

  /** A parent of mediated devices that pins pages. */
  private static final class Pinning extends FakeDriver implements DmaUnmapOps<FakeDriver.Data> {
    final List<String> unmaps = new CopyOnWriteArrayList<>();

    Pinning() {
      super("pinning", "mdev", 1);
    }

    @Override
    public void dmaUnmap(Data device, long iova, long length) {
      unmaps.add("unmap " + iova);
      device.vfio.unpinPages(iova, 1);
    }
  }

  /** A backend that pins the page that a test gives it. */
  private static final class PinningBackend extends FakeBackend
      implements PagePinningOps<FakeBackend.Instance> {
    final List<UnmapListener> listeners = new CopyOnWriteArrayList<>();
    volatile long physical;

    PinningBackend() {
      super("pinning-backend", Set.of(1));
    }

    @Override
    public void registerDevice(Instance iommu, UnmapListener listener) {
      listeners.add(listener);
    }

    @Override
    public void unregisterDevice(Instance iommu, UnmapListener listener) {
      listeners.remove(listener);
    }

    @Override
    public long[] pinPages(Instance iommu, IommuGroup group, long iova, int pages, Access access) {
      diary.add("pin " + group.id() + " " + iova + " " + pages);
      long[] physicals = new long[pages];
      Arrays.fill(physicals, physical);
      return physicals;
    }

    @Override
    public void unpinPages(Instance iommu, long iova, int pages) {
      diary.add("unpin " + iova + " " + pages);
    }

    @Override
    public void dmaRw(Instance iommu, long iova, MemorySegment buffer, Access access) {
      diary.add("rw " + iova + " " + access);
    }
  }

  @Test
  void aMediatedDeviceReachesMemoryThroughTheBackendWhileItIsOpen() {
    FakeBus mdev = new FakeBus("mdev");
    mdev.plugEmulated("uuid");
    Pinning parent = new Pinning();
    PinningBackend backend = new PinningBackend();
    rig.registry.addBus(mdev);
    rig.registry.addDriver(parent, 0);
    rig.registry.removeBackend(rig.backend);
    rig.registry.addBackend(backend, 0);
    FakeDriver.Data data = parent.devices.get("uuid");
    assertThat(data.vfio.groupType()).isEqualTo(GroupType.EMULATED);
    assertThat(data.vfio.groupId()).as("where no hardware has its groups").isEqualTo(1024);
    assertThat(Rig.errno(() -> data.vfio.pinPages(0, 1, Access.READ))).isEqualTo(Errno.EINVAL);
    int container = client.openContainer();
    int group = client.openGroup(1024);
    rig.setContainer(group, container);
    rig.setIommu(container, 1);
    assertThat(Rig.errno(() -> data.vfio.dmaRw(0, Rig.struct(0), Access.READ)))
        .as("not open")
        .isEqualTo(Errno.EINVAL);
    int device = rig.device(group, "uuid");
    assertThat(backend.listeners).hasSize(1);
    long vaddr = client.memory().allocate(4096);
    client.memory().at(vaddr, 4, Access.WRITE).set(ValueLayout.JAVA_INT, 0, 42);
    Extent extent = client.memory().pin(vaddr, 4096, Access.READ);
    backend.physical = extent.physical();
    MemorySegment[] pages = data.vfio.pinPages(0x1000, 2, Access.READ);
    assertThat(pages).hasSize(2);
    assertThat(pages[0].byteSize()).isEqualTo(4096);
    assertThat(pages[0].get(ValueLayout.JAVA_INT, 0)).isEqualTo(42);
    assertThat(Rig.errno(() -> data.vfio.pinPages(0, 0, Access.READ))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> data.vfio.pinPages(0, 513, Access.READ))).isEqualTo(Errno.E2BIG);
    assertThat(Rig.errno(() -> data.vfio.dmaRw(0, MemorySegment.NULL, Access.READ)))
        .isEqualTo(Errno.EINVAL);
    data.vfio.dmaRw(16, Rig.struct(0), Access.WRITE);
    backend.listeners.getFirst().dmaUnmap(0x1000, 4096);
    assertThat(parent.unmaps).containsExactly("unmap 4096");
    assertThat(backend.diary).contains("pin 1024 4096 2", "rw 16 WRITE", "unpin 4096 1");
    client.close(device);
    assertThat(backend.listeners).isEmpty();
    assertThat(parent.violations).isEmpty();
  }

  @Test
  void aBackendWithoutPinningIsEnotty() {
    FakeBus mdev = new FakeBus("mdev");
    mdev.plugEmulated("uuid");
    Pinning parent = new Pinning();
    rig.registry.addBus(mdev);
    rig.registry.addDriver(parent, 0);
    int container = client.openContainer();
    int group = client.openGroup(1024);
    rig.setContainer(group, container);
    rig.setIommu(container, 1);
    rig.device(group, "uuid");
    FakeDriver.Data data = parent.devices.get("uuid");
    assertThat(Rig.errno(() -> data.vfio.pinPages(0, 1, Access.READ))).isEqualTo(Errno.ENOTTY);
    assertThat(Rig.errno(() -> data.vfio.dmaRw(0, Rig.struct(0), Access.READ)))
        .isEqualTo(Errno.ENOTTY);
  }

  @Test
  void aMediatedGroupMakesRoomForAnIommuThatComesLater() {
    FakeBus mdev = new FakeBus("mdev");
    mdev.plugEmulated("uuid");
    rig.registry.addBus(mdev);
    rig.registry.addDriver(new Pinning(), 0);
    assertThat(admin.device("uuid").group()).hasValue(1024);
    FakeIommu late = new FakeIommu();
    FakeIommu.FakeGroup zero = late.group(1024);
    rig.registry.addIommu(late);
    rig.bus.plug("z", zero);
    assertThat(admin.device("uuid").group()).hasValue(1025);
    assertThat(admin.device("z").group()).hasValue(1024);
    assertThat(client.openGroup(1024)).isNotNegative();
    assertThat(client.openGroup(1025)).isNotNegative();
  }
}

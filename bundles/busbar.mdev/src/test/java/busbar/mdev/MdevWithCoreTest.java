package busbar.mdev;

import static busbar.mdev.MdevBusTest.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioClient;
import busbar.api.device.VfioBusDriver;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.api.time.VirtualTiming;
import busbar.registry.Registry;
import busbar.type1.Type1Driver;
import busbar.type1.Type1Parameters;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.annotation.Annotation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mediated devices with the real core and the real type1 backend between them and their users. */
@Timeout(60)
class MdevWithCoreTest {
  private static final String ONE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  private static final String TWO = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";
  private static final long PAGE = AddressSpace.PAGE;
  private static final long IOVA = 0x10_0000;

  private record Unlimited(
      boolean allowUnsafeInterrupts, boolean disableHugepages, long dmaEntryLimit)
      implements Type1Parameters.Config {
    @Override
    public Class<? extends Annotation> annotationType() {
      return Type1Parameters.Config.class;
    }
  }

  private final VirtualTiming timing = new VirtualTiming();
  private final PhysicalMemory physical = new PhysicalMemory();
  private final Registry registry = new Registry(timing, physical);
  private final MdevBus bus = new MdevBus(this::offer, timing, 0);
  private final DmaParent parent = new DmaParent.Unpinning();
  private final VfioClient client = registry.vfio().connect(ClientPolicy.privileged("client"));

  private Runnable offer(VfioBusDriver<?> driver, Map<String, Object> properties) {
    registry.addDriver(driver, 0);
    return () -> registry.removeDriver(driver);
  }

  /** What a user of a device has. */
  private record User(int container, int device) {}

  private void start(DmaParent first) {
    registry.addBackend(
        new Type1Driver(new Type1Parameters(new Unlimited(false, false, 65535))), 0);
    registry.addBus(bus);
    bus.addParent(first, Map.of());
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private User open(String uuid) {
    int group = client.openGroup(registry.admin().device(uuid).group().orElseThrow());
    int container = client.openContainer();
    MemorySegment fd = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_INT, container);
    client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, fd);
    client.ioctl(
        container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(VfioHeader.VFIO_TYPE1v2_IOMMU));
    MemorySegment name = Arena.ofAuto().allocateFrom(uuid);
    long device = client.ioctl(group, VfioHeader.VFIO_GROUP_GET_DEVICE_FD, name);
    client.close(group);
    return new User(container, (int) device);
  }

  private void map(User user, long vaddr, long size) {
    MemorySegment map = MemorySegment.ofArray(new byte[(int) VfioIommuType1DmaMap.SIZE]);
    int access = VfioHeader.VFIO_DMA_MAP_FLAG_READ | VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;
    new VfioIommuType1DmaMap((int) VfioIommuType1DmaMap.SIZE, access, vaddr, IOVA, size)
        .encode(map);
    client.ioctl(user.container(), VfioHeader.VFIO_IOMMU_MAP_DMA, map);
  }

  private void unmap(User user, long size) {
    MemorySegment unmap = MemorySegment.ofArray(new byte[(int) VfioIommuType1DmaUnmap.SIZE]);
    new VfioIommuType1DmaUnmap((int) VfioIommuType1DmaUnmap.SIZE, 0, IOVA, size).encode(unmap);
    client.ioctl(user.container(), VfioHeader.VFIO_IOMMU_UNMAP_DMA, unmap);
  }

  private byte byteAt(long vaddr) {
    return client.memory().at(vaddr, 1, Access.READ).get(ValueLayout.JAVA_BYTE, 0);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void aChildReachesItsUsersMemoryAndNothingElse() {
    start(parent);
    bus.create("dma", "dma-1", ONE);
    User user = open(ONE);
    long vaddr = client.memory().allocate(4 * PAGE);
    MemorySegment four = MemorySegment.ofArray(new byte[] {1, 2, 3, 4});
    assertThat(errnoOf(() -> client.pwrite(user.device(), four, IOVA))).isEqualTo(Errno.EINVAL);
    map(user, vaddr, 4 * PAGE);
    assertThat(client.pwrite(user.device(), four, IOVA + PAGE - 2)).isEqualTo(4);
    assertThat(byteAt(vaddr + PAGE)).isEqualTo((byte) 3);
    MemorySegment back = MemorySegment.ofArray(new byte[4]);
    client.pread(user.device(), back, IOVA + PAGE - 2);
    assertThat(back.toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3, 4);
    assertThat(errnoOf(() -> client.pwrite(user.device(), four, IOVA + 4 * PAGE - 2)))
        .isEqualTo(Errno.EINVAL);
  }

  @Test
  void pinnedPagesAreTheUsersAndLetGoWhenHeUnmapsThem() {
    start(parent);
    bus.create("dma", "dma-1", ONE);
    User user = open(ONE);
    long vaddr = client.memory().allocate(4 * PAGE);
    map(user, vaddr, 4 * PAGE);
    assertThat(physical.pinnedBytes()).as("mapped for no device that does DMA").isZero();
    assertThat(client.ioctl(user.device(), 2, Args.immediate(IOVA + PAGE))).isEqualTo(2);
    assertThat(physical.pinnedBytes()).isEqualTo(2 * PAGE);
    assertThat(byteAt(vaddr + 2 * PAGE - 1)).isEqualTo((byte) 0x5a);
    assertThat(byteAt(vaddr + 3 * PAGE - 1)).isEqualTo((byte) 0x5a);
    unmap(user, 4 * PAGE);
    assertThat(parent.made.getFirst().unmaps).containsExactly("0x100000+0x4000");
    assertThat(physical.pinnedBytes()).isZero();
    assertThat(errnoOf(() -> client.ioctl(user.device(), 1, Args.immediate(IOVA))))
        .isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> client.ioctl(user.device(), 513, Args.immediate(IOVA))))
        .isEqualTo(Errno.E2BIG);
  }

  @Test
  void aParentThatCannotUnpinCannotPin() {
    start(new DmaParent());
    bus.create("dma", "dma-1", ONE);
    User user = open(ONE);
    map(user, client.memory().allocate(PAGE), PAGE);
    assertThat(errnoOf(() -> client.ioctl(user.device(), 1, Args.immediate(IOVA))))
        .isEqualTo(Errno.EINVAL);
    MemorySegment one = MemorySegment.ofArray(new byte[1]);
    assertThat(client.pwrite(user.device(), one, IOVA)).isEqualTo(1);
  }

  @Test
  void removalAsksTheUserEveryTenSecondsUntilHeLetsGo() throws Exception {
    start(parent);
    bus.create("dma", "dma-1", ONE);
    User user = open(ONE);
    DmaParent.Child child = parent.made.getFirst();
    Thread removal = Thread.ofVirtual().start(() -> bus.remove(ONE));
    await(() -> child.requests.size() == 1);
    assertThat(errnoOf(() -> bus.remove(ONE))).isEqualTo(Errno.EAGAIN);
    timing.advance(TimeUnit.SECONDS.toNanos(10));
    await(() -> child.requests.size() == 2);
    timing.advance(TimeUnit.SECONDS.toNanos(10));
    await(() -> child.requests.size() == 3);
    assertThat(child.requests).containsExactly(0, 1, 2);
    client.close(user.device());
    assertThat(removal.join(Duration.ofSeconds(30))).isTrue();
    assertThat(parent.made).isEmpty();
    assertThat(registry.admin().devices()).isEmpty();
    assertThat(registry.admin().groups()).isEmpty();
  }

  @Test
  void aParentThatGoesAsksTheUsersOfAllItsChildren() throws Exception {
    start(parent);
    bus.create("dma", "dma-1", ONE);
    bus.create("dma", "dma-1", TWO);
    User first = open(ONE);
    User second = open(TWO);
    DmaParent.Child one = parent.made.get(0);
    DmaParent.Child two = parent.made.get(1);
    Thread removal = Thread.ofVirtual().start(() -> bus.removeParent(parent));
    await(() -> one.requests.size() == 1 && two.requests.size() == 1);
    client.close(second.device());
    await(() -> parent.made.size() == 1);
    map(first, client.memory().allocate(PAGE), PAGE);
    MemorySegment still = MemorySegment.ofArray(new byte[1]);
    assertThat(client.pwrite(first.device(), still, IOVA)).as("served to the end").isEqualTo(1);
    client.close(first.device());
    assertThat(removal.join(Duration.ofSeconds(30))).isTrue();
    assertThat(registry.admin().drivers()).isEmpty();
    assertThat(bus.children()).isEmpty();
  }

  @Test
  void aParentThatComesBackServesItsChildrenToNewUsers() {
    MdevBus patient = new MdevBus(this::offer, timing, 10_000);
    registry.addBackend(
        new Type1Driver(new Type1Parameters(new Unlimited(false, false, 65535))), 0);
    registry.addBus(patient);
    patient.addParent(parent, Map.of());
    patient.create("dma", "dma-1", ONE);
    patient.removeParent(parent);
    assertThat(registry.admin().device(ONE).driver()).isEmpty();
    DmaParent next = new DmaParent.Unpinning();
    patient.addParent(next, Map.of());
    assertThat(registry.admin().device(ONE).driver()).contains("dma");
    User user = open(ONE);
    map(user, client.memory().allocate(PAGE), PAGE);
    assertThat(client.ioctl(user.device(), 1, Args.immediate(IOVA))).isEqualTo(1);
    assertThat(next.made).hasSize(1);
  }

  @Test
  void aDeviceThatItsDriverWasTakenFromCanBeBoundAgain() {
    start(parent);
    bus.create("dma", "dma-1", ONE);
    registry.admin().unbind(ONE);
    assertThat(parent.made).isEmpty();
    assertThat(bus.children()).hasSize(1);
    registry.admin().bind(ONE, "dma");
    assertThat(parent.made).hasSize(1);
    bus.remove(ONE);
    assertThat(registry.admin().devices()).isEmpty();
  }
}

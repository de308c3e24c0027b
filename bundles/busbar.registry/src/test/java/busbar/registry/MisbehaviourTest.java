package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.VfioClient;
import busbar.api.device.MappedRegion;
import busbar.api.device.VfioDevice;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.MmioWindow;
import busbar.uapi.VfioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Drivers that throw something else than an errno, or lie. */
class MisbehaviourTest {
  /** A driver that does what the test wants, out of contract. */
  private static final class Rogue extends FakeDriver {
    volatile RuntimeException thrown;
    volatile Error error;
    volatile int lie;

    Rogue() {
      super("rogue", "fake", 0);
    }

    private void misbehave() {
      if (error != null) {
        throw error;
      }
      if (thrown != null) {
        throw thrown;
      }
    }

    @Override
    public int bid(BusDevice device) {
      misbehave();
      return 50;
    }

    @Override
    public Data probe(BusDevice device, VfioDevice vfio) {
      misbehave();
      return super.probe(device, vfio);
    }

    @Override
    public void open(Data data, Caller caller) {
      misbehave();
      super.open(data, caller);
    }

    @Override
    public void release(Data data) {
      super.release(data);
      misbehave();
    }

    @Override
    public void remove(Data data) {
      super.remove(data);
      misbehave();
    }

    @Override
    public void request(Data data, int count) {
      misbehave();
    }

    @Override
    public int read(Data data, Caller caller, MemorySegment buffer, long offset) {
      misbehave();
      return lie;
    }

    @Override
    public int write(Data data, Caller caller, MemorySegment buffer, long offset) {
      misbehave();
      return lie;
    }

    @Override
    public long ioctl(Data data, Caller caller, int command, MemorySegment argument) {
      misbehave();
      return lie;
    }

    @Override
    public MappedRegion mmap(Data data, Caller caller, MmapRequest request) {
      misbehave();
      if (lie != 0) {
        return null;
      }
      return new MappedRegion() {
        @Override
        public MmioWindow fault(long offset) {
          misbehave();
          return null;
        }

        @Override
        public long windowOffset(long offset) {
          return offset;
        }
      };
    }
  }

  private final Rig rig = new Rig();
  private final VfioClient client = rig.client;
  private final Rogue rogue = new Rogue();
  private final MemorySegment four = Rig.struct(0);

  MisbehaviourTest() {
    rig.registry.addDriver(rogue, 0);
  }

  @AfterEach
  void close() {
    rogue.thrown = null;
    rogue.error = null;
    rig.close();
    assertThat(rogue.violations).isEmpty();
  }

  private int open() {
    rig.bus.plug("r", rig.iommu.group(9));
    int container = client.openContainer();
    int group = client.openGroup(9);
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    return rig.device(group, "r");
  }

  @Test
  void whateverADriverThrowsIsEioWithTheDriverNamed() {
    int device = open();
    Runnable[] calls = {
      () -> client.pread(device, four, 0),
      () -> client.pwrite(device, four, 0),
      () -> client.ioctl(device, 0x3b6f, four),
      () -> client.mmap(device, MmapRequest.shared(0, 4096))
    };
    for (Runnable call : calls) {
      rogue.thrown = new IllegalArgumentException("expected by this test");
      rogue.error = null;
      assertEioNamingTheDriver(call);
      rogue.error = new NoClassDefFoundError("expected by this test");
      assertEioNamingTheDriver(call);
    }
  }

  private static void assertEioNamingTheDriver(Runnable call) {
    VfioException thrown = catchThrowableOfType(VfioException.class, call::run);
    assertThat(thrown.errno()).isEqualTo(Errno.EIO);
    assertThat(thrown.because()).contains("driver rogue").contains("expected by this test");
    assertThat(thrown).hasCauseInstanceOf(Throwable.class);
  }

  @Test
  void resultsThatTheContractForbidsAreEio() {
    int device = open();
    for (int lie : new int[] {-1, 5, Integer.MAX_VALUE}) {
      rogue.lie = lie;
      assertThat(Rig.errno(() -> client.pread(device, four, 0))).isEqualTo(Errno.EIO);
      assertThat(Rig.errno(() -> client.pwrite(device, four, 0))).isEqualTo(Errno.EIO);
    }
    rogue.lie = -19;
    assertThat(Rig.errno(() -> client.ioctl(device, 0x3b6f, four))).isEqualTo(Errno.EIO);
    assertThat(Rig.errno(() -> client.mmap(device, MmapRequest.shared(0, 4096))))
        .isEqualTo(Errno.EIO);
    rogue.lie = 0;
    Mapping mapping = client.mmap(device, MmapRequest.shared(0, 4096));
    assertThat(catchThrowableOfType(MemoryFaultException.class, () -> mapping.load(0, 4)).signal())
        .isEqualTo(MemoryFaultException.Signal.SIGBUS);
    rogue.thrown = new IllegalStateException("expected by this test");
    assertThat(catchThrowableOfType(MemoryFaultException.class, () -> mapping.load(0, 4)))
        .hasMessageContaining("driver rogue");
  }

  @Test
  void aProbeThatThrowsLeavesTheDeviceUnboundAndTheGroupWithoutNode() {
    rogue.thrown = new IllegalStateException("expected by this test");
    rig.bus.plug("r", rig.iommu.group(9));
    assertThat(rig.registry.admin().device("r").driver())
        .as("its bid failed, so the next driver has it")
        .contains("fake");
    rig.registry.admin().unbind("r");
    rig.registry.admin().setOverride("r", "rogue");
    assertThat(Rig.errno(() -> rig.registry.admin().bind("r", "rogue"))).isEqualTo(Errno.EIO);
    assertThat(Rig.errno(() -> client.openGroup(9))).isEqualTo(Errno.ENOENT);
    rogue.thrown = null;
    rig.registry.admin().bind("r", "rogue");
    assertThat(client.openGroup(9)).isNotNegative();
  }

  @Test
  void anOpenThatThrowsIsEioAndNothingIsOpen() {
    rig.bus.plug("r", rig.iommu.group(9));
    int container = client.openContainer();
    int group = client.openGroup(9);
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    rogue.thrown = new IllegalStateException("expected by this test");
    assertThat(Rig.errno(() -> rig.device(group, "r"))).isEqualTo(Errno.EIO);
    rig.unsetContainer(group);
    rogue.thrown = null;
  }

  @Test
  void aReleaseRemoveOrRequestThatThrowsDoesNotStopTheUnbinding() {
    int device = open();
    rogue.thrown = new IllegalStateException("expected by this test");
    client.close(device);
    rig.registry.admin().unbind("r");
    assertThat(rig.registry.admin().device("r").driver()).isEmpty();
    assertThat(rogue.diary).endsWith("release r", "remove r");
  }

  @Test
  void aBackendThatThrowsOrLiesIsEio() {
    Rig.Opened opened = rig.openA();
    rig.backend.onIoctl =
        instance -> {
          throw new IllegalStateException("expected by this test");
        };
    VfioException thrown =
        catchThrowableOfType(VfioException.class, () -> rig.ping(opened.container()));
    assertThat(thrown.errno()).isEqualTo(Errno.EIO);
    assertThat(thrown.because()).contains("backend fake-backend");
  }

  @Test
  void memoryThatCannotBeUsedIsTheClientsFault() {
    Rig.Opened opened = rig.openA();
    MemorySegment readOnly = Rig.struct(8, 0).asReadOnly();
    Arena arena = Arena.ofShared();
    MemorySegment freed = arena.allocate(8, 8);
    arena.close();
    for (MemorySegment memory : new MemorySegment[] {readOnly, freed}) {
      assertThat(Rig.errno(() -> client.pread(opened.device(), memory, 0))).isEqualTo(Errno.EFAULT);
      assertThat(
              Rig.errno(
                  () -> client.ioctl(opened.group(), VfioHeader.VFIO_GROUP_GET_STATUS, memory)))
          .isEqualTo(Errno.EFAULT);
    }
    assertThat(
            Rig.errno(() -> client.ioctl(opened.device(), VfioHeader.VFIO_DEVICE_FEATURE, freed)))
        .isEqualTo(Errno.EFAULT);
  }
}

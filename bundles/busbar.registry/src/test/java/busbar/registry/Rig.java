package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioClient;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapSettings;
import busbar.api.time.VirtualTiming;
import busbar.uapi.VfioGroupStatus;
import busbar.uapi.VfioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A registry with a bus, three groups, a driver and a backend: {@code a} in group 1, {@code b0} and
 * {@code b1} in group 2, {@code c} in group 3, all bound to {@code fake}.
 */
final class Rig implements AutoCloseable {
  static final int TYPE = 1;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;

  /**
   * Drivers fail on purpose here; their stacks would only hide what counts. Kept, or it is
   * collected.
   */
  private static final Logger QUIET = Logger.getLogger("busbar.registry");

  static {
    QUIET.setLevel(Level.OFF);
  }

  final VirtualTiming timing = new VirtualTiming();
  final PhysicalMemory memory = new PhysicalMemory();
  final Registry registry = new Registry(timing, memory);
  final FakeIommu iommu = new FakeIommu();
  final FakeIommu.FakeGroup group1 = iommu.group(1);
  final FakeIommu.FakeGroup group2 = iommu.group(2);
  final FakeIommu.FakeGroup group3 = iommu.group(3);
  final FakeBus bus = new FakeBus("fake");
  final FakeDriver driver = new FakeDriver("fake", "fake", 1);
  final FakeBackend backend = new FakeBackend("fake-backend", Set.of(TYPE, 3));
  final FakeBus.FakeDevice a = bus.plug("a", group1);
  final FakeBus.FakeDevice b0 = bus.plug("b0", group2);
  final FakeBus.FakeDevice b1 = bus.plug("b1", group2);
  final FakeBus.FakeDevice c = bus.plug("c", group3);
  final VfioClient client;

  /** Where nobody waits for a successor. */
  Rig() {
    this(new SwapSettings(0, 2_000, SwapPolicy.MANUAL));
  }

  Rig(SwapSettings settings) {
    registry.swapAdmin().settings(settings);
    registry.addIommu(iommu);
    registry.addDriver(driver, 0);
    registry.addBackend(backend, 0);
    registry.addBus(bus);
    client = registry.vfio().connect(ClientPolicy.privileged("client"));
  }

  /** The errno of a call that must fail. */
  static Errno errno(Runnable call) {
    VfioException thrown = catchThrowableOfType(VfioException.class, call::run);
    assertThat(thrown).as("the call succeeded").isNotNull();
    assertThat(thrown.because()).isNotBlank();
    return thrown.errno();
  }

  static MemorySegment struct(int... words) {
    MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, words.length) * 4L, 4);
    for (int i = 0; i < words.length; i++) {
      segment.set(U32, i * 4L, words[i]);
    }
    return segment.asSlice(0, words.length * 4L);
  }

  static MemorySegment text(String text) {
    return Arena.ofAuto().allocateFrom(text);
  }

  void setContainer(int group, int container) {
    client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, struct(container));
  }

  void unsetContainer(int group) {
    client.ioctl(group, VfioHeader.VFIO_GROUP_UNSET_CONTAINER, MemorySegment.NULL);
  }

  void setIommu(int container, long type) {
    client.ioctl(container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(type));
  }

  long checkExtension(int container, long extension) {
    return client.ioctl(container, VfioHeader.VFIO_CHECK_EXTENSION, Args.immediate(extension));
  }

  int status(int group) {
    MemorySegment status = struct(8, -1);
    client.ioctl(group, VfioHeader.VFIO_GROUP_GET_STATUS, status);
    return status.get(U32, VfioGroupStatus.OFFSET_FLAGS);
  }

  int device(int group, String name) {
    return (int) client.ioctl(group, VfioHeader.VFIO_GROUP_GET_DEVICE_FD, text(name));
  }

  long reset(int device) {
    return client.ioctl(device, VfioHeader.VFIO_DEVICE_RESET, MemorySegment.NULL);
  }

  long ping(int container) {
    return client.ioctl(container, FakeBackend.PING, MemorySegment.NULL);
  }

  /** Descriptors of an open device with all that it needs. */
  record Opened(int container, int group, int device) {}

  Opened openA() {
    int container = client.openContainer();
    int group = client.openGroup(1);
    setContainer(group, container);
    setIommu(container, TYPE);
    return new Opened(container, group, device(group, "a"));
  }

  /** No driver or backend was called where its contract forbids it. */
  void assertNoViolation() {
    assertThat(driver.violations).isEmpty();
    assertThat(backend.violations).isEmpty();
  }

  @Override
  public void close() {
    registry.close();
  }
}

package busbar.client;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;

import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.uapi.VfioDeviceFeature;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** An open device. */
public final class Device implements AutoCloseable {
  private final Handle handle;
  private final VfioFile file;
  private final String name;

  Device(VfioClient client, int fd, String name) {
    this.handle = new Handle(client, fd);
    this.file = handle.file();
    this.name = name;
  }

  /** The name that it was opened by. */
  public String name() {
    return name;
  }

  /** Its descriptor, for calls that this library does not have; {@code EBADF} if it is closed. */
  public int fd() {
    return handle.fd();
  }

  /** Its file: reads, writes and ioctls without a look-up of the descriptor. */
  public VfioFile file() {
    return file;
  }

  /** {@code VFIO_DEVICE_GET_INFO}. */
  public DeviceInfo info() {
    MemorySegment argument = Argument.of(VfioDeviceInfo.SIZE);
    file.ioctl(VFIO_DEVICE_GET_INFO, argument);
    VfioDeviceInfo info = VfioDeviceInfo.decode(argument);
    return new DeviceInfo(info.flags(), info.numRegions(), info.numIrqs());
  }

  /**
   * A region: {@code VFIO_DEVICE_GET_REGION_INFO}.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the device has no such index
   */
  public Region region(int index) {
    MemorySegment argument =
        Argument.info(
            VfioRegionInfo.SIZE,
            fresh -> fresh.set(ValueLayout.JAVA_INT_UNALIGNED, VfioRegionInfo.OFFSET_INDEX, index),
            filled -> file.ioctl(VFIO_DEVICE_GET_REGION_INFO, filled));
    return new Region(file, RegionInfo.of(argument));
  }

  /** An interrupt index: {@code VFIO_DEVICE_GET_IRQ_INFO}; {@code EINVAL} if there is none. */
  public IrqInfo irq(int index) {
    MemorySegment argument = Argument.of(VfioIrqInfo.SIZE);
    argument.set(ValueLayout.JAVA_INT_UNALIGNED, VfioIrqInfo.OFFSET_INDEX, index);
    file.ioctl(VFIO_DEVICE_GET_IRQ_INFO, argument);
    VfioIrqInfo info = VfioIrqInfo.decode(argument);
    return new IrqInfo(index, info.flags(), info.count());
  }

  /**
   * Arms interrupts 0 to {@code count - 1} of an index, each with an eventfd of its own.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the index has fewer, {@code EBUSY} if the
   *     device has fewer left than it promised, the driver's errno else; nothing is armed then
   */
  public Interrupts arm(int index, int count) {
    return Interrupts.arm(handle, index, count);
  }

  /**
   * The device's migration.
   *
   * @throws busbar.api.VfioException {@code ENOTTY} if it has none
   */
  public Migration migration() {
    return new Migration(this, handle.client());
  }

  /**
   * Lets the device log what it writes.
   *
   * @param pageSize bytes, the wish; {@link DmaLog#pageSize} says what is in force
   * @throws busbar.api.VfioException {@code ENOTTY} if it cannot, {@code EINVAL} if it does
   *     already, no range is given, or one is not aligned or overlaps another, {@code E2BIG} for
   *     more than 256
   */
  public DmaLog logDma(List<DmaLog.Range> ranges, long pageSize) {
    return new DmaLog(this, handle.client(), ranges, pageSize);
  }

  /**
   * {@code VFIO_DEVICE_FEATURE}.
   *
   * @param flags the feature's index and what to do: GET, SET, PROBE
   * @param payload what goes in
   * @return the payload as it came back
   */
  MemorySegment feature(int flags, byte[] payload) {
    MemorySegment argument = Argument.of(VfioDeviceFeature.SIZE + payload.length);
    argument.set(ValueLayout.JAVA_INT_UNALIGNED, VfioDeviceFeature.OFFSET_FLAGS, flags);
    MemorySegment data = argument.asSlice(VfioDeviceFeature.OFFSET_DATA);
    data.copyFrom(MemorySegment.ofArray(payload));
    file.ioctl(VFIO_DEVICE_FEATURE, argument);
    return data;
  }

  /** {@code VFIO_DEVICE_RESET}; {@code EINVAL} if the device cannot. */
  public void reset() {
    file.ioctl(VFIO_DEVICE_RESET, MemorySegment.NULL);
  }

  @Override
  public void close() {
    handle.close();
  }
}

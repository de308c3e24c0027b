package busbar.api.device;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * {@code struct vfio_device_ops}: what a bus driver does for an open device.
 *
 * <p>{@code D} is what C calls {@code device_data}: the driver's own state for one device, made by
 * {@link VfioBusDriver#probe}. {@link #open} and {@link #release} of one device never overlap, and
 * no other method runs before the one or after the other; all others are called by many threads at
 * once, with no lock of the registry held. Failures are {@link busbar.api.VfioException}; anything
 * else that escapes becomes {@code EIO} with the driver named.
 *
 * <p>The defaults answer as the kernel does where a driver leaves the pointer out. Capabilities
 * that later kernels added stand beside this table: {@link DeviceFeatureOps}, {@link MigrationOps},
 * {@link DmaLoggingOps}, {@link DmaUnmapOps}, {@link MatchOps}, {@link SriovOps} and {@link
 * busbar.api.state.HandoverOps}.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface VfioDeviceOps<D> {
  /** The driver's name, {@code "vfio-pci"}. Unique among the drivers of a bus, never changes. */
  String name();

  /**
   * The first open of the device: makes it usable.
   *
   * @throws busbar.api.VfioException any errno; the open fails with it and {@link #release} is not
   *     called
   */
  void open(D device, Caller caller);

  /** The last close: the device is quiet afterwards. Must not fail. */
  void release(D device);

  /**
   * Reads from the device file.
   *
   * @param buffer where to; its size is the count
   * @param offset in the file, any value
   * @return the bytes read
   * @throws busbar.api.VfioException {@code EINVAL} by default; the driver's rules else
   */
  default int read(D device, Caller caller, MemorySegment buffer, long offset) {
    throw Errno.EINVAL.because("%s has no read", name());
  }

  /** Writes to the device file; as {@link #read}. */
  default int write(D device, Caller caller, MemorySegment buffer, long offset) {
    throw Errno.EINVAL.because("%s has no write", name());
  }

  /**
   * A device ioctl, all but {@code VFIO_DEVICE_FEATURE}, which the core takes apart first.
   *
   * @param argument as {@link busbar.api.client.VfioFile#ioctl}
   * @return 0 or a positive result
   * @throws busbar.api.VfioException {@code EINVAL} by default (no ioctl at all), {@code ENOTTY}
   *     for a command that the driver does not know
   */
  default long ioctl(D device, Caller caller, int command, MemorySegment argument) {
    throw Errno.EINVAL.because("%s has no ioctl", name());
  }

  /**
   * Maps part of the device file.
   *
   * @return where accesses lead
   * @throws busbar.api.VfioException {@code EINVAL} by default
   */
  default MappedRegion mmap(D device, Caller caller, MmapRequest request) {
    throw Errno.EINVAL.because("%s has no mmap", name());
  }

  /**
   * The device is wanted back: asks the user to let go. Called again and again, every ten seconds,
   * while a removal waits.
   *
   * @param count 0 for the first call of a removal, then 1, 2, …
   */
  default void request(D device, int count) {}

  /**
   * An optional capability: one of the interfaces named above, for the same {@code D}. The core
   * asks this and never {@code instanceof}, so that a driver that stands before others (the
   * mediated bus before its parents) can pass on exactly what the one behind it has. The answer
   * never changes.
   *
   * @return this object if it implements the interface, else empty
   */
  default <T> Optional<T> capability(Class<T> type) {
    return type.isInstance(this) ? Optional.of(type.cast(this)) : Optional.empty();
  }
}

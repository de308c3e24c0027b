package busbar.api;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A file that a driver makes and a client then holds in its table: a migration stream, a dma-buf.
 *
 * <p>Called by any thread of the clients that hold it. Every method may throw {@link
 * VfioException}.
 */
@ConsumerType
public interface FileOps {
  /** What the file is, as {@code /proc/PID/fd} shows it: {@code "anon_inode:[vfio-migration]"}. */
  String name();

  /** Reads up to {@code buffer.byteSize()} bytes from the stream; 0 is the end. */
  default int read(Caller caller, MemorySegment buffer) {
    throw Errno.EINVAL.because("%s cannot be read", name());
  }

  /** Writes up to {@code buffer.byteSize()} bytes to the stream; returns how many were taken. */
  default int write(Caller caller, MemorySegment buffer) {
    throw Errno.EINVAL.because("%s cannot be written", name());
  }

  /** The events that are ready, bits of {@code poll(2)}; a file without a say is always ready. */
  default int poll() {
    return 5;
  }

  /** As {@code ioctl(2)}; the default knows none. */
  default long ioctl(Caller caller, int command, MemorySegment argument) {
    throw Errno.ENOTTY.because("%s has no ioctl 0x%x", name(), command);
  }

  /** The last descriptor is gone. Called once. */
  default void release() {}
}

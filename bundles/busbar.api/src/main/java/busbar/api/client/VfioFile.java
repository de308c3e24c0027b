package busbar.api.client;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What an int in a client's table stands for: a container, a group, a device, an eventfd, a
 * migration stream. Bound to the client that asked for it, on whose behalf every call is made.
 *
 * <p>Any thread. After the descriptor was closed every call is {@code EBADF}. Failures are {@link
 * busbar.api.VfioException}; which errno stands with each file kind in the user's guide.
 */
@ProviderType
public interface VfioFile {
  /** What it is: {@code "container"}, {@code "group 12"}, {@code "device 0000:00:04.0"}, … */
  String description();

  /** Reads at the file position. */
  int read(MemorySegment buffer);

  /** Writes at the file position. */
  int write(MemorySegment buffer);

  /**
   * Reads {@code buffer.byteSize()} bytes at an offset, for devices a region offset.
   *
   * @return the bytes read, fewer at the end of a region
   */
  int read(MemorySegment buffer, long offset);

  /** Writes at an offset; returns the bytes written. */
  int write(MemorySegment buffer, long offset);

  /** Sets the position; {@code ESPIPE} for files without one. */
  long seek(long offset);

  /**
   * The kernel's {@code ioctl(fd, command, arg)}.
   *
   * @param argument a struct in memory, or an immediate value as a zero-length segment at that
   *     address ({@link busbar.api.Args#immediate(long)}); a struct shorter than the call needs is
   *     {@code EFAULT}
   * @return 0 or a positive result
   */
  long ioctl(int command, MemorySegment argument);

  /**
   * Maps a region into the client's address space.
   *
   * <p>The mapping keeps the open file alive, also after its descriptors are closed.
   */
  Mapping mmap(MmapRequest request);

  /** The events that are ready, bits of {@code poll(2)}: 1 in, 4 out, 8 error, 16 hang-up. */
  int poll();

  /** Closes the descriptor that this was got by. */
  void close();
}

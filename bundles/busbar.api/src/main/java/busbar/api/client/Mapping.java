package busbar.api.client;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What {@code mmap} returns: loads and stores of 1, 2, 4 and 8 bytes at an address of the client.
 *
 * <p>Behind it stands memory, then {@link #memory()} gives the segment and an access costs what
 * memory costs; or registers, then each access reaches the device in program order of the calling
 * thread. Revoked (memory decode off, reset, device gone), an access throws {@link
 * busbar.api.memory.MemoryFaultException} with {@code SIGBUS}, never a stale value and never a
 * crash. After {@link #unmap()} it is {@code SIGSEGV}, as is one that the protection forbids.
 *
 * <p>Any thread.
 */
@ProviderType
public interface Mapping extends AutoCloseable {
  /** The virtual address; it can be given to {@code MAP_DMA}. */
  long address();

  /** In bytes. */
  long length();

  /**
   * Loads a little-endian value.
   *
   * @param offset in the mapping, a multiple of {@code width}
   * @param width 1, 2, 4 or 8 bytes
   * @throws IndexOutOfBoundsException if the access is not inside the mapping or not aligned
   */
  long load(long offset, int width);

  /** Stores the low {@code width} bytes of a value; as {@link #load}. */
  void store(long offset, int width, long value);

  /** The memory behind the mapping, if it is memory; it must not be used after a revocation. */
  Optional<MemorySegment> memory();

  /** As {@code munmap(2)} of the whole mapping. Idempotent. */
  void unmap();

  @Override
  default void close() {
    unmap();
  }
}

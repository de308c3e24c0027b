package busbar.api.client;

import java.util.Set;

/**
 * The arguments of {@code mmap(2)} that a driver sees.
 *
 * @param offset in the file, a multiple of the page size
 * @param length in bytes, more than 0
 * @param access the accesses asked for: {@code PROT_READ}, {@code PROT_WRITE}, {@code PROT_EXEC}
 * @param sharing {@code MAP_SHARED} or {@code MAP_PRIVATE}
 */
public record MmapRequest(long offset, long length, Set<Prot> access, Sharing sharing) {
  /** {@code PROT_*}; none of them is {@code PROT_NONE}. */
  public enum Prot {
    READ,
    WRITE,
    EXEC
  }

  /** {@code MAP_SHARED} or {@code MAP_PRIVATE}. */
  public enum Sharing {
    SHARED,
    PRIVATE
  }

  public MmapRequest {
    access = Set.copyOf(access);
  }

  /** A shared mapping for reading and writing. */
  public static MmapRequest shared(long offset, long length) {
    return new MmapRequest(offset, length, Set.of(Prot.READ, Prot.WRITE), Sharing.SHARED);
  }
}

package busbar.machine.internal.iommu;

import busbar.api.memory.Access;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;

/**
 * A contiguous piece of a translation.
 *
 * @param start first iova
 * @param length in bytes
 * @param physical what {@code start} leads to
 * @param protection {@link TableEntry#READ} and {@link TableEntry#WRITE}
 * @param generation the domain's generation when it was read
 * @param domain that it was read from
 * @param memory the client memory behind all of it, {@code null} if a device lies there
 * @param offset of {@code start} in that memory
 */
record Run(
    long start,
    long length,
    long physical,
    int protection,
    long generation,
    SimDomain domain,
    MemorySegment memory,
    long offset) {

  /** A run with the memory behind it, as long as that is. */
  static Run of(
      long start,
      long length,
      long physical,
      int protection,
      long generation,
      SimDomain domain,
      PhysicalMemory directory) {
    MemorySegment memory = directory.segment(physical);
    long offset = PhysicalMemory.offset(physical);
    boolean holds = memory != null && offset + length <= memory.byteSize();
    return new Run(
        start, length, physical, protection, generation, domain, holds ? memory : null, offset);
  }

  boolean holds(long iova, long bytes) {
    return iova - start >= 0 && bytes <= length - (iova - start);
  }

  boolean allows(Access access) {
    return (protection & (access == Access.READ ? TableEntry.READ : TableEntry.WRITE)) != 0;
  }

  long physicalOf(long iova) {
    return physical + (iova - start);
  }

  long offsetOf(long iova) {
    return offset + (iova - start);
  }

  long leftFrom(long iova) {
    return length - (iova - start);
  }
}

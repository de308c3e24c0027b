package busbar.machine.internal.iommu;

import java.lang.foreign.MemorySegment;

/**
 * A contiguous piece of a translation.
 *
 * @param start first iova
 * @param length in bytes
 * @param physical what {@code start} leads to
 * @param protection {@link TableEntry#READ} and {@link TableEntry#WRITE}
 * @param generation the domain's generation when it was read
 * @param table the domain that it was read from
 * @param memory the client memory behind it, {@code null} if a device lies there
 */
record Run(
    long start,
    long length,
    long physical,
    int protection,
    long generation,
    SimDomain table,
    MemorySegment memory) {
  boolean holds(long iova) {
    return iova - start >= 0 && iova - start < length;
  }

  long physicalOf(long iova) {
    return physical + (iova - start);
  }

  long leftFrom(long iova) {
    return length - (iova - start);
  }
}

package busbar.api.iommu;

import org.osgi.annotation.versioning.ConsumerType;

/** One DMA window's table of translation control entries. */
@ConsumerType
public interface TceTable extends AutoCloseable {
  /** The bus address of entry 0, in units of the window's page: {@code it_offset}. */
  long offset();

  /** Number of entries: {@code it_size}. */
  long entries();

  int pageShift();

  int levels();

  /** The memory that the table takes, in bytes: what is charged for it. */
  long allocatedBytes();

  /**
   * Sets an entry and returns the old one.
   *
   * @param entry from {@link #offset} on
   * @param physical page-aligned, with {@link IommuDomain#READ} and {@link IommuDomain#WRITE} in
   *     its low bits; 0 clears
   * @throws busbar.api.VfioException {@code EINVAL} outside the table
   */
  long exchange(long entry, long physical);

  /** The entry as {@link #exchange} would return it. */
  long get(long entry);

  /**
   * The first entry from {@code from} on that is set, or {@code end} if none is: tables are large
   * and mostly empty.
   */
  default long next(long from, long end) {
    long at = from;
    while (at < end && get(at) == 0) {
      at++;
    }
    return at;
  }

  /** Forgets cached translations of entries; when it returns no DMA uses them. */
  void flush(long entry, long count);

  @Override
  void close();
}

package busbar.spapr;

import busbar.api.iommu.TceTable;
import busbar.api.memory.AddressSpace;

/** A DMA window of a container: its table and what it was charged. */
record Window(TceTable table, long chargedPages) {
  /** Bytes to pages, as tables are charged. */
  static long pages(long tableBytes) {
    return tableBytes / AddressSpace.PAGE;
  }

  long pageSize() {
    return 1L << table.pageShift();
  }

  boolean contains(long iova) {
    long entry = iova >>> table.pageShift();
    return Long.compareUnsigned(entry - table.offset(), table.entries()) < 0;
  }

  long start() {
    return table.offset() << table.pageShift();
  }

  /** Whether the address is the start of a page and that page, with {@code count} of them, fits. */
  boolean fits(long iova, long count) {
    if ((iova & pageSize() - 1) != 0) {
      return false;
    }
    long first = (iova >>> table.pageShift()) - table.offset();
    return Long.compareUnsigned(first, table.entries()) < 0
        && Long.compareUnsigned(count, table.entries() - first) <= 0;
  }
}

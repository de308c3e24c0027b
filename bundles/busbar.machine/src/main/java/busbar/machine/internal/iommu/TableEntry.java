package busbar.machine.internal.iommu;

/**
 * The format of page-table entries: 0, a leaf (physical address and flags in its low bits) or the
 * number of the next node.
 */
final class TableEntry {
  static final int READ = 1;
  static final int WRITE = 2;
  static final int DIRTY = 4;
  static final int LEAF = 8;
  static final int TABLE = 16;
  static final long ADDRESS = ~0xfffL;

  private TableEntry() {}

  static int nodeOf(long entry) {
    return (int) (entry >>> 12);
  }

  /** Which entry of a node of that level an address has; level 0 holds pages of 4 KiB. */
  static int slot(long iova, int level) {
    return (int) (iova >>> 12 + 9 * level) & NodePool.ENTRIES - 1;
  }

  /** What one entry of a level covers, in bytes. */
  static long pageSize(int level) {
    return 4096L << 9 * level;
  }
}

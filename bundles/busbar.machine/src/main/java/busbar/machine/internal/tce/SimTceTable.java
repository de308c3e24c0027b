package busbar.machine.internal.tce;

import busbar.api.Errno;
import busbar.api.iommu.TceTable;
import busbar.machine.internal.iommu.DmaGuard;
import busbar.machine.internal.iommu.NodePool;

/**
 * A window's table in memory outside the heap: a tree of nodes of 512 entries, made as entries are
 * set, so that a large window costs what is mapped in it. Nodes stay until the table is closed.
 *
 * <p>Entries are read and exchanged by any thread without a lock. {@link #close} is called when no
 * group shows the table any more and nobody changes it.
 */
final class SimTceTable implements TceTable {
  private static final int NODE_BITS = 9;
  private static final int NODE_MASK = NodePool.ENTRIES - 1;

  private final NodePool pool;
  private final DmaGuard guard = new DmaGuard();
  private final long offset;
  private final long entries;
  private final int pageShift;
  private final int levels;
  private final long allocatedBytes;
  private final int depth;
  private final int root;
  private boolean closed;

  /**
   * An empty table.
   *
   * @param root an empty node, the table's from now on
   * @param offset the bus address of entry 0, in pages
   * @param levels as the caller of the hardware asked for them; what is behind them is ours
   * @param allocatedBytes what is charged for it
   */
  SimTceTable(
      NodePool pool,
      int root,
      long offset,
      long entries,
      int pageShift,
      int levels,
      long allocatedBytes) {
    this.pool = pool;
    this.root = root;
    this.offset = offset;
    this.entries = entries;
    this.pageShift = pageShift;
    this.levels = levels;
    this.allocatedBytes = allocatedBytes;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, entries - 1));
    depth = (bits + NODE_BITS - 1) / NODE_BITS;
  }

  /** DMA through the table is inside this guard. */
  DmaGuard guard() {
    return guard;
  }

  boolean contains(long iova) {
    return Long.compareUnsigned((iova >>> pageShift) - offset, entries) < 0;
  }

  /** The entry for a bus address, 0 also outside the table. */
  long entryAt(long iova) {
    long index = (iova >>> pageShift) - offset;
    return Long.compareUnsigned(index, entries) < 0 ? read(index) : 0;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public long entries() {
    return entries;
  }

  @Override
  public int pageShift() {
    return pageShift;
  }

  @Override
  public int levels() {
    return levels;
  }

  @Override
  public long allocatedBytes() {
    return allocatedBytes;
  }

  @Override
  public long exchange(long entry, long physical) {
    long index = index(entry);
    int leaf = physical == 0 ? find(index) : make(index);
    return leaf < 0 ? 0 : pool.getAndSet(leaf, (int) index & NODE_MASK, physical);
  }

  @Override
  public long get(long entry) {
    return read(index(entry));
  }

  @Override
  public long next(long from, long end) {
    long at = from - offset;
    long last = Math.min(end - offset, entries);
    while (at < last) {
      int node = root;
      int level = depth - 1;
      while (level > 0) {
        long child = pool.get(node, slot(at, level));
        if (child == 0) {
          break;
        }
        node = (int) child - 1;
        level--;
      }
      if (level > 0) {
        at = ((at >>> NODE_BITS * level) + 1) << NODE_BITS * level;
        continue;
      }
      for (long nodeEnd = Math.min(last, (at | NODE_MASK) + 1); at < nodeEnd; at++) {
        if (pool.get(node, (int) at & NODE_MASK) != 0) {
          return at + offset;
        }
      }
    }
    return end;
  }

  /** There is no cache: DMA under way is all that can still use an entry. */
  @Override
  public void flush(long entry, long count) {
    guard.awaitDma();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      guard.awaitDma();
      free(root, depth - 1);
    }
  }

  private long index(long entry) {
    long index = entry - offset;
    if (Long.compareUnsigned(index, entries) >= 0) {
      throw Errno.EINVAL.because(
          "entry 0x%x is not in the table of 0x%x entries from 0x%x", entry, entries, offset);
    }
    return index;
  }

  private long read(long index) {
    int leaf = find(index);
    return leaf < 0 ? 0 : pool.get(leaf, (int) index & NODE_MASK);
  }

  private int find(long index) {
    int node = root;
    for (int level = depth - 1; level > 0; level--) {
      long child = pool.get(node, slot(index, level));
      if (child == 0) {
        return -1;
      }
      node = (int) child - 1;
    }
    return node;
  }

  private int make(long index) {
    int node = root;
    for (int level = depth - 1; level > 0; level--) {
      int slot = slot(index, level);
      long child = pool.get(node, slot);
      if (child == 0) {
        int fresh = pool.take();
        if (!pool.compareAndSet(node, slot, 0, fresh + 1L)) {
          pool.give(fresh);
        }
        child = pool.get(node, slot);
      }
      node = (int) child - 1;
    }
    return node;
  }

  private static int slot(long index, int level) {
    return (int) (index >>> NODE_BITS * level) & NODE_MASK;
  }

  private void free(int node, int level) {
    for (int slot = 0; slot < NodePool.ENTRIES; slot++) {
      long entry = pool.getAndSet(node, slot, 0);
      if (level > 0 && entry != 0) {
        free((int) entry - 1, level - 1);
      }
    }
    pool.give(node);
  }
}

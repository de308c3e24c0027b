package busbar.machine.internal.iommu;

import static busbar.machine.internal.iommu.TableEntry.ADDRESS;
import static busbar.machine.internal.iommu.TableEntry.DIRTY;
import static busbar.machine.internal.iommu.TableEntry.LEAF;
import static busbar.machine.internal.iommu.TableEntry.READ;
import static busbar.machine.internal.iommu.TableEntry.TABLE;
import static busbar.machine.internal.iommu.TableEntry.WRITE;
import static busbar.machine.internal.iommu.TableEntry.nodeOf;
import static busbar.machine.internal.iommu.TableEntry.pageSize;
import static busbar.machine.internal.iommu.TableEntry.slot;

import busbar.api.iommu.IommuDomain.DirtySink;
import busbar.api.memory.PhysicalMemory;

/** A page table as hardware reads it: without a lock, while others change it; inside the guard. */
final class TableWalk {
  private static final long RUN_LIMIT = 2L << 20;
  private static final int NEIGHBOURS = 15;

  private final NodePool pool;
  private final int root;
  private final int top;

  TableWalk(NodePool pool, int root, int top) {
    this.pool = pool;
    this.root = root;
    this.top = top;
  }

  /**
   * Reads the translation of an address and of what lies contiguously around it; inside the guard.
   *
   * @param wanted how far the caller would like to go on; neighbours within 64 KiB are read anyway
   * @return {@code null} if nothing is mapped
   */
  Run run(long iova, long wanted, long generation, SimDomain domain, PhysicalMemory memory) {
    int node = root;
    int level = top;
    long entry = pool.get(node, slot(iova, level));
    while ((entry & TABLE) != 0) {
      node = nodeOf(entry);
      level--;
      entry = pool.get(node, slot(iova, level));
    }
    if (entry == 0) {
      return null;
    }
    long start = iova & -pageSize(level);
    long physical = entry & ADDRESS;
    long length = pageSize(level);
    if (level == 0) {
      int slot = slot(iova, 0);
      long pages = Math.min(wanted, RUN_LIMIT) + (iova - start) + 4095 >>> 12;
      int last = (int) Math.max(slot | NEIGHBOURS, Math.min(slot + pages, NodePool.ENTRIES) - 1);
      int before = slot;
      while ((before & NEIGHBOURS) != 0 && follows(node, before - 1, entry, before - 1 - slot)) {
        before--;
      }
      int after = slot;
      while (after < last && follows(node, after + 1, entry, after + 1 - slot)) {
        after++;
      }
      start -= (long) (slot - before) << 12;
      physical -= (long) (slot - before) << 12;
      length = (long) (after - before + 1) << 12;
    }
    int protection = (int) entry & (READ | WRITE);
    return Run.of(start, length, physical, protection, generation, domain, memory);
  }

  /** Whether an entry is what {@code distance} pages from another one continues it. */
  private boolean follows(int node, int slot, long entry, int distance) {
    long expected = entry + ((long) distance << 12);
    return ((pool.get(node, slot) ^ expected) & ~(long) DIRTY) == 0;
  }

  /** The physical address behind an iova, -1 if none; inside the guard. */
  long translate(long iova) {
    int node = root;
    int level = top;
    long entry = pool.get(node, slot(iova, level));
    while ((entry & TABLE) != 0) {
      node = nodeOf(entry);
      level--;
      entry = pool.get(node, slot(iova, level));
    }
    return entry == 0 ? -1 : (entry & ADDRESS) + (iova & pageSize(level) - 1);
  }

  /** Marks the pages of a range as written; inside the guard. */
  void markDirty(long iova, long size) {
    long end = iova + size;
    for (long at = iova; at - end < 0; ) {
      at = leaf(at, end, (node, slot, entry, start, page) -> setDirty(node, slot, entry));
    }
  }

  private void setDirty(int node, int slot, long entry) {
    long now = entry;
    // The entry may be taken away meanwhile, and must not come back with only this bit in it.
    while ((now & LEAF) != 0
        && (now & DIRTY) == 0
        && !pool.compareAndSet(node, slot, now, now | DIRTY)) {
      now = pool.get(node, slot);
    }
  }

  /** Reports the dirty leaves of a range and clears them; inside the guard. */
  void readAndClearDirty(long iova, long size, DirtySink sink) {
    long end = iova + size;
    for (long at = iova; at - end < 0; ) {
      at =
          leaf(
              at,
              end,
              (node, slot, entry, start, page) -> {
                long now = entry;
                while ((now & DIRTY) != 0) {
                  if (pool.compareAndSet(node, slot, now, now & ~(long) DIRTY)) {
                    sink.dirty(start, page);
                    break;
                  }
                  now = pool.get(node, slot);
                }
              });
    }
  }

  private interface LeafVisitor {
    void leaf(int node, int slot, long entry, long start, long page);
  }

  /**
   * Visits the leaf at an address, if there is one, and returns the address after it or after the
   * hole.
   */
  private long leaf(long iova, long end, LeafVisitor visitor) {
    int node = root;
    int level = top;
    long entry = pool.get(node, slot(iova, level));
    while ((entry & TABLE) != 0) {
      node = nodeOf(entry);
      level--;
      entry = pool.get(node, slot(iova, level));
    }
    long page = pageSize(level);
    long start = iova & -page;
    if (entry != 0) {
      visitor.leaf(node, slot(iova, level), entry, start, page);
    }
    long next = start + page;
    return next - start <= 0 ? end : next;
  }
}

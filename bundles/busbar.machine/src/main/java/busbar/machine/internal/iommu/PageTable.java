package busbar.machine.internal.iommu;

import static busbar.machine.internal.iommu.TableEntry.LEAF;
import static busbar.machine.internal.iommu.TableEntry.TABLE;
import static busbar.machine.internal.iommu.TableEntry.nodeOf;
import static busbar.machine.internal.iommu.TableEntry.pageSize;
import static busbar.machine.internal.iommu.TableEntry.slot;

import busbar.api.Errno;
import java.util.Arrays;

/**
 * A radix tree of page-table nodes, as the hardware walks it: 512 entries a node, 9 address bits a
 * level, leaves of 4 KiB, 2 MiB and 1 GiB.
 *
 * <p>Changes below one 1 GiB hold that range's lock. Readers take no lock; they are inside the
 * {@link DmaGuard}, and a node that left the tree is used again only after the guard was waited
 * for. Nodes above the 1 GiB level stay until the table is closed: there are few.
 */
final class PageTable {
  private static final int MAX_LEVEL_OF_LEAF = 2;
  private static final int NONE = -1;

  private final NodePool pool;
  private final int top;
  private final int root;
  private final long pageSizes;
  private final TableWalk walk;
  private final RangeLocks rangeLocks = new RangeLocks();

  /**
   * For each range lock the 2 MiB whose table of 4 KiB pages was the last one to become empty, -1
   * if none. It stays in the tree until another one becomes empty, so that mapping and unmapping
   * one page again and again does not take and give a node each time.
   */
  private final long[] emptyTables = new long[RangeLocks.count()];

  private final Object limboLock = new Object();
  private int[] limbo = new int[16];
  private volatile int limboCount;

  /**
   * An empty table.
   *
   * @param addressBits 30 to 57
   * @param pageSizes bit n: leaves of 2^n bytes
   */
  PageTable(NodePool pool, int addressBits, long pageSizes) {
    this.pool = pool;
    this.pageSizes = pageSizes;
    this.top = Math.max(MAX_LEVEL_OF_LEAF, (addressBits - 12 + 8) / 9 - 1);
    this.root = pool.take();
    this.walk = new TableWalk(pool, root, top);
    Arrays.fill(emptyTables, NONE);
  }

  /** The same table as devices read it. */
  TableWalk walk() {
    return walk;
  }

  /** Maps whole pages; what the call mapped is taken back if it fails. */
  void map(long iova, long physical, long size, int protection) {
    long done = 0;
    try {
      while (done < size) {
        long at = iova + done;
        long piece = Math.min(size - done, gigabyteEnd(at) - at);
        int lock = rangeLocks.lock(at);
        try {
          done += mapPiece(at, physical + done, piece, protection | LEAF);
        } finally {
          rangeLocks.unlock(lock);
        }
      }
    } catch (PartlyMapped partly) {
      unmap(iova, done + partly.done);
      throw partly.reason;
    }
  }

  /** Carries how far a piece came before it failed. */
  private static final class PartlyMapped extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient RuntimeException reason;
    final long done;

    PartlyMapped(RuntimeException reason, long done) {
      super(null, reason, false, false);
      this.reason = reason;
      this.done = done;
    }
  }

  private long mapPiece(long iova, long physical, long size, int flags) {
    long done = 0;
    try {
      while (done < size) {
        int level = leafLevel(iova + done, physical + done, size - done);
        int node = nodeFor(iova + done, level);
        int slot = slot(iova + done, level);
        long page = pageSize(level);
        do {
          put(node, slot, level, iova + done, physical + done | flags);
          done += page;
          slot++;
        } while (slot < NodePool.ENTRIES && size - done >= page && level == 0);
      }
      return done;
    } catch (RuntimeException e) {
      throw new PartlyMapped(e, done);
    }
  }

  private void put(int node, int slot, int level, long iova, long entry) {
    // Counted first, so that the node stays when its only table goes to make room.
    pool.addUsed(node, 1);
    if (pool.get(node, slot) != 0 && (level == 0 || !dropEmptyTable(node, slot, iova))) {
      pool.addUsed(node, -1);
      throw Errno.EEXIST.because("iova 0x%x is mapped already", iova);
    }
    pool.set(node, slot, entry);
  }

  /** Makes room for a large leaf where only the range's empty table is in the way. */
  private boolean dropEmptyTable(int node, int slot, long iova) {
    int lock = RangeLocks.number(iova);
    if (emptyTables[lock] != NONE && sameGigabyte(emptyTables[lock], iova)) {
      releaseEmptyTable(lock);
      return pool.get(node, slot) == 0;
    }
    return false;
  }

  private int leafLevel(long iova, long physical, long size) {
    for (int level = MAX_LEVEL_OF_LEAF; level > 0; level--) {
      long page = pageSize(level);
      if ((pageSizes & page) != 0 && size >= page && ((iova | physical) & page - 1) == 0) {
        return level;
      }
    }
    return 0;
  }

  /** The node that holds the entry of a level for an address; missing nodes are made. */
  private int nodeFor(long iova, int level) {
    int node = root;
    for (int at = top; at > level; at--) {
      int slot = slot(iova, at);
      long entry = pool.get(node, slot);
      if ((entry & LEAF) != 0) {
        throw Errno.EEXIST.because(
            "iova 0x%x is mapped already by a page of %d bytes", iova, pageSize(at));
      }
      node = entry == 0 ? addNode(node, slot, at) : nodeOf(entry);
    }
    return node;
  }

  private int addNode(int parent, int slot, int level) {
    int fresh = pool.take();
    long entry = (long) fresh << 12 | TABLE;
    if (level > MAX_LEVEL_OF_LEAF) {
      // Above the 1 GiB level several range locks meet: the first one wins.
      if (!pool.compareAndSet(parent, slot, 0, entry)) {
        pool.give(fresh);
        return nodeOf(pool.get(parent, slot));
      }
      return fresh;
    }
    pool.set(parent, slot, entry);
    pool.addUsed(parent, 1);
    return fresh;
  }

  /** Unmaps up to the first hole, or a large page that is only partly in the range. */
  long unmap(long iova, long size) {
    long done = 0;
    while (done < size) {
      long at = iova + done;
      long piece = Math.min(size - done, gigabyteEnd(at) - at);
      int lock = rangeLocks.lock(at);
      long unmapped;
      try {
        unmapped = unmapPiece(at, piece);
      } finally {
        rangeLocks.unlock(lock);
      }
      done += unmapped;
      if (unmapped < piece) {
        break;
      }
    }
    return done;
  }

  private long unmapPiece(long iova, long size) {
    long done = 0;
    while (done < size) {
      long at = iova + done;
      int node = root;
      int level = top;
      long entry = pool.get(node, slot(at, level));
      while ((entry & TABLE) != 0) {
        node = nodeOf(entry);
        level--;
        entry = pool.get(node, slot(at, level));
      }
      long page = pageSize(level);
      if (entry == 0 || (at & page - 1) != 0 || size - done < page) {
        break;
      }
      int slot = slot(at, level);
      int cleared = 0;
      do {
        pool.set(node, slot + cleared, 0);
        cleared++;
        done += page;
      } while (level == 0
          && slot + cleared < NodePool.ENTRIES
          && size - done >= page
          && pool.get(node, slot + cleared) != 0);
      if (pool.addUsed(node, -cleared) == 0) {
        becameEmpty(at, level);
      }
    }
    return done;
  }

  private void becameEmpty(long iova, int level) {
    int lock = RangeLocks.number(iova);
    if (level == 0) {
      long table = iova & -pageSize(1);
      if (emptyTables[lock] != table) {
        releaseEmptyTable(lock);
        emptyTables[lock] = table;
      }
    } else if (level == 1) {
      releaseNode(iova, 1);
    }
  }

  /** Takes a range's empty table out of the tree, unless it is in use again. */
  private void releaseEmptyTable(int lock) {
    long table = emptyTables[lock];
    emptyTables[lock] = NONE;
    if (table != NONE) {
      releaseNode(table, 0);
    }
  }

  /** Unlinks the node of a level if it is empty, and the one above if that becomes empty by it. */
  private void releaseNode(long iova, int level) {
    int parent = root;
    for (int at = top; at > level + 1; at--) {
      long entry = pool.get(parent, slot(iova, at));
      if ((entry & TABLE) == 0) {
        return;
      }
      parent = nodeOf(entry);
    }
    int slot = slot(iova, level + 1);
    long entry = pool.get(parent, slot);
    if ((entry & TABLE) == 0 || pool.addUsed(nodeOf(entry), 0) != 0) {
      return;
    }
    pool.set(parent, slot, 0);
    bury(nodeOf(entry));
    if (pool.addUsed(parent, -1) == 0 && level + 1 < MAX_LEVEL_OF_LEAF) {
      releaseNode(iova, level + 1);
    }
  }

  private void bury(int node) {
    synchronized (limboLock) {
      if (limboCount == limbo.length) {
        limbo = Arrays.copyOf(limbo, limboCount * 2);
      }
      limbo[limboCount++] = node;
    }
  }

  /** Nodes that left the tree and wait for {@link #recycle}. */
  boolean hasLimbo() {
    return limboCount != 0;
  }

  /**
   * Takes the nodes that left the tree; after waiting for the guard they go to {@link #recycle}.
   */
  int[] takeLimbo() {
    synchronized (limboLock) {
      int[] taken = Arrays.copyOf(limbo, limboCount);
      limboCount = 0;
      return taken;
    }
  }

  /** Gives nodes back that nobody walks any more. */
  void recycle(int[] nodes) {
    for (int node : nodes) {
      pool.give(node);
    }
  }

  /** Frees all nodes; nobody uses the table any more. */
  void close() {
    recycle(takeLimbo());
    freeTree(root, top);
  }

  private void freeTree(int node, int level) {
    for (int slot = 0; slot < NodePool.ENTRIES; slot++) {
      long entry = pool.get(node, slot);
      if ((entry & TABLE) != 0) {
        freeTree(nodeOf(entry), level - 1);
      }
      if (entry != 0) {
        pool.set(node, slot, 0);
      }
    }
    pool.addUsed(node, -pool.addUsed(node, 0));
    pool.give(node);
  }

  private static long gigabyteEnd(long iova) {
    return (iova | (1L << 30) - 1) + 1;
  }

  private static boolean sameGigabyte(long one, long other) {
    return one >>> 30 == other >>> 30;
  }
}

package busbar.machine.internal.iommu;

import busbar.api.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The memory of page tables: nodes of 512 entries of 8 bytes, outside the Java heap, named by a
 * number.
 *
 * <p>A node that is taken is all zero, and must be all zero when it is given back. Entries are read
 * without a lock; taking and giving back take the pool's lock, which a stream of maps and unmaps of
 * pages in one table does not meet.
 */
public final class NodePool {
  public static final int ENTRIES = 512;
  private static final int NODE_BYTES = ENTRIES * Long.BYTES;
  private static final int SLAB_SHIFT = 8;
  private static final int SLAB_NODES = 1 << SLAB_SHIFT;
  private static final VarHandle ENTRY = ValueLayout.JAVA_LONG.varHandle();

  private final int maxNodes;
  private final Object freeLock = new Object();
  private volatile MemorySegment[] slabs = {};
  private volatile int[][] used = {};
  private int[] free = new int[SLAB_NODES];
  private int freeCount;
  private int taken;

  /** A pool of at most so many bytes. */
  public NodePool(long maxBytes) {
    maxNodes = (int) Math.min(Integer.MAX_VALUE, maxBytes / NODE_BYTES);
  }

  /** Takes an empty node. */
  public int take() {
    synchronized (freeLock) {
      if (taken == maxNodes) {
        throw Errno.ENOMEM.because("all %d pages for page tables are taken", maxNodes);
      }
      if (freeCount == 0) {
        grow();
      }
      taken++;
      return free[--freeCount];
    }
  }

  /** Gives an empty node back that nobody can reach any more. */
  public void give(int node) {
    synchronized (freeLock) {
      free[freeCount++] = node;
      taken--;
    }
  }

  /** How many nodes are in use. */
  public int taken() {
    synchronized (freeLock) {
      return taken;
    }
  }

  private void grow() {
    MemorySegment[] oldSlabs = slabs;
    int count = oldSlabs.length;
    int[][] newUsed = Arrays.copyOf(used, count + 1);
    newUsed[count] = new int[SLAB_NODES];
    MemorySegment[] newSlabs = Arrays.copyOf(oldSlabs, count + 1);
    newSlabs[count] = Arena.ofAuto().allocate((long) SLAB_NODES * NODE_BYTES, NODE_BYTES);
    free = Arrays.copyOf(free, (count + 1) * SLAB_NODES);
    for (int i = SLAB_NODES - 1; i >= 0; i--) {
      free[freeCount++] = count * SLAB_NODES + i;
    }
    used = newUsed;
    slabs = newSlabs;
  }

  public long get(int node, int slot) {
    return (long) ENTRY.getAcquire(slabs[node >>> SLAB_SHIFT], offset(node, slot));
  }

  /** Writes an entry; who walks the table sees it complete. */
  public void set(int node, int slot, long entry) {
    ENTRY.setRelease(slabs[node >>> SLAB_SHIFT], offset(node, slot), entry);
  }

  public boolean compareAndSet(int node, int slot, long expected, long entry) {
    return ENTRY.compareAndSet(slabs[node >>> SLAB_SHIFT], offset(node, slot), expected, entry);
  }

  /** Puts an entry in and returns the one that was there, as one step. */
  public long getAndSet(int node, int slot, long entry) {
    return (long) ENTRY.getAndSet(slabs[node >>> SLAB_SHIFT], offset(node, slot), entry);
  }

  /**
   * Changes a node's count of entries that are set and returns it; only under the lock of its
   * range.
   */
  int addUsed(int node, int change) {
    int[] counts = used[node >>> SLAB_SHIFT];
    return counts[node & SLAB_NODES - 1] += change;
  }

  private static long offset(int node, int slot) {
    return ((long) (node & SLAB_NODES - 1) * ENTRIES + slot) * Long.BYTES;
  }
}

package busbar.machine.internal.iommu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Locks for parts of a page table, one for each 1 GiB in turn. They are held for some nanoseconds,
 * so who does not get one spins.
 */
final class RangeLocks {
  private static final int LOCKS = 64;
  private static final int PAD = 32;

  private final AtomicIntegerArray held = new AtomicIntegerArray((LOCKS + 1) * PAD);

  /** Locks the 1 GiB that the address is in; what it returns goes to {@link #unlock}. */
  int lock(long iova) {
    int index = (number(iova) + 1) * PAD;
    for (int spins = 0; !held.compareAndSet(index, 0, 1); spins++) {
      if (spins < 200) {
        Thread.onSpinWait();
      } else if (spins < 400) {
        Thread.yield();
      } else {
        LockSupport.parkNanos(10_000);
      }
    }
    return index;
  }

  void unlock(int index) {
    held.setRelease(index, 0);
  }

  /** Which lock guards an address, 0 to {@link #count()} - 1. */
  static int number(long iova) {
    return (int) (iova >>> 30) & LOCKS - 1;
  }

  static int count() {
    return LOCKS;
  }
}

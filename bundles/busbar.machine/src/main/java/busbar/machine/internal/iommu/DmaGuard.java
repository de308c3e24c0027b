package busbar.machine.internal.iommu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Knows which DMA is under way, so that an invalidation can wait for it.
 *
 * <p>DMA enters and leaves one of a few counters, chosen by thread, each on cache lines of its own.
 * The waiter first publishes its change; a counter that it then sees at 0 holds nobody who could
 * have read what was before. Only if one is not 0, the waiter turns the side that newcomers use and
 * waits for the other one to run dry, twice, since a newcomer may have read the side before it was
 * turned.
 */
final class DmaGuard {
  private static final int STRIPES = 8;
  private static final int PAD = 16;
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

  /** Per stripe, a cache line's distance apart: element 0 counts side 0, element 1 side 1. */
  private final long[] counts = new long[(STRIPES + 1) * PAD];

  private final ReentrantLock sidesLock = new ReentrantLock();
  private volatile int side;

  /** Begins a DMA; what it returns goes to {@link #exit}. */
  int enter() {
    int stripe = (int) Thread.currentThread().threadId() & STRIPES - 1;
    int index = (stripe + 1) * PAD + side;
    COUNT.getAndAdd(counts, index, 1L);
    return index;
  }

  /** Ends it. */
  void exit(int token) {
    COUNT.getAndAdd(counts, token, -1L);
  }

  /** Returns when every DMA that began before the call is over. Never called within one. */
  void awaitDma() {
    VarHandle.fullFence();
    if (isIdle(0) && isIdle(1)) {
      return;
    }
    sidesLock.lock();
    try {
      for (int turn = 0; turn < 2; turn++) {
        int old = side;
        side = 1 - old;
        VarHandle.fullFence();
        for (int spins = 0; !isIdle(old); spins++) {
          pause(spins);
        }
      }
    } finally {
      sidesLock.unlock();
    }
  }

  private boolean isIdle(int which) {
    for (int stripe = 1; stripe <= STRIPES; stripe++) {
      if ((long) COUNT.getVolatile(counts, stripe * PAD + which) != 0) {
        return false;
      }
    }
    return true;
  }

  private static void pause(int spins) {
    if (spins < 100) {
      Thread.onSpinWait();
    } else if (spins < 200) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(20_000);
    }
  }
}

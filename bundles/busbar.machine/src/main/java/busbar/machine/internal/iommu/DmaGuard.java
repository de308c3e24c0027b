package busbar.machine.internal.iommu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Knows which DMA is under way, so that an invalidation can wait for it.
 *
 * <p>DMA holds one of a few places, each on a cache line of its own: taking it makes the place's
 * number odd, leaving makes it even again. The waiter first publishes its change; a place that it
 * then sees even holds nobody who read what was before, and one that it sees odd only until the
 * number is another one.
 */
public final class DmaGuard {
  private static final int PLACES = 16;
  private static final int PAD = 16;
  private static final VarHandle NUMBER = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] numbers = new long[(PLACES + 1) * PAD];

  /** Begins a DMA; what it returns goes to {@link #exit}. */
  public int enter() {
    int place = (int) Thread.currentThread().threadId() & PLACES - 1;
    for (int tries = 0; ; tries++) {
      int index = (place + 1) * PAD;
      long number = (long) NUMBER.getOpaque(numbers, index);
      if ((number & 1) == 0 && NUMBER.compareAndSet(numbers, index, number, number + 1)) {
        return index;
      }
      place = place + 1 & PLACES - 1;
      if (tries >= PLACES) {
        pause(tries);
      }
    }
  }

  /** Ends it. */
  public void exit(int token) {
    NUMBER.setRelease(numbers, token, (long) NUMBER.getOpaque(numbers, token) + 1);
  }

  /** Returns when every DMA that began before the call is over. Never called within one. */
  public void awaitDma() {
    VarHandle.fullFence();
    for (int place = 1; place <= PLACES; place++) {
      long seen = (long) NUMBER.getAcquire(numbers, place * PAD);
      if ((seen & 1) != 0) {
        awaitChange(place * PAD, seen);
      }
    }
  }

  private void awaitChange(int index, long seen) {
    for (int spins = 0; (long) NUMBER.getAcquire(numbers, index) == seen; spins++) {
      pause(spins);
    }
  }

  private static void pause(int spins) {
    if (spins < 200) {
      Thread.onSpinWait();
    } else if (spins < 400) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(20_000);
    }
  }
}

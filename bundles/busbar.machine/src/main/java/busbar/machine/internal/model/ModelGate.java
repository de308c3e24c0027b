package busbar.machine.internal.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets accesses to a device pass and keeps them waiting while its model is exchanged.
 *
 * <p>Any thread calls {@link #enter} and {@link #exit}: an atomic addition each, on one counter
 * until two threads meet there, then on counters in cache lines of their own. One thread at a time
 * calls {@link #close} and {@link #awaitQuiet}; any may call {@link #open}.
 *
 * <p>Why one look at each counter is enough: whoever comes after the barrier was set sees it after
 * having counted himself, takes the count back and stays outside. A counter that was once 0 after
 * that stands for nobody inside. Only a thread {@linkplain Callouts that the model itself has
 * called} passes a closed gate: who closes waits for it in another way, through its access or
 * through {@code save}, which waits for the model's work.
 */
final class ModelGate {
  /** What {@link #tryEnter} gives if the gate is closed. */
  static final int CLOSED = -1;

  private static final VarHandle STRIPED = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle SINGLE;

  /** Two cache lines, since processors fetch them in pairs. */
  private static final int STRIDE = 128 / Long.BYTES;

  private static final int STRIPES =
      Math.max(16, Integer.highestOneBit(4 * Runtime.getRuntime().availableProcessors()));
  private static final int YIELDS = 20;
  private static final int SPINS = 100 + YIELDS;

  static {
    try {
      SINGLE = MethodHandles.lookup().findVarHandle(ModelGate.class, "single", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Why the gate is closed, and who waits for it to be quiet. */
  private static final class Barrier {
    final Thread closer = Thread.currentThread();
    final CountDownLatch opened = new CountDownLatch(1);
  }

  private volatile Barrier barrier;

  /** Counts those inside as long as no two have met; many devices never see a second thread. */
  private volatile long single;

  private volatile long[] striped;

  /** Goes in, when the gate is open; what it returns goes to {@link #exit}. */
  int enter() {
    if (barrier == null) {
      int at = count();
      if (barrier == null) {
        return at;
      }
      exit(at);
    }
    return enterSlowly();
  }

  /** Goes in unless that means to wait: then {@link #CLOSED}. */
  int tryEnter() {
    boolean nested = barrier != null && Callouts.isWithin(this);
    if (barrier == null || nested) {
      int at = count();
      if (nested || barrier == null) {
        return at;
      }
      exit(at);
    }
    return CLOSED;
  }

  private int enterSlowly() {
    while (true) {
      int at = tryEnter();
      if (at != CLOSED) {
        return at;
      }
      Barrier now = barrier;
      if (now != null) {
        await(now);
      }
    }
  }

  /** A load or store cannot fail because its thread was interrupted: that one learns it later. */
  private static void await(Barrier barrier) {
    boolean interrupted = false;
    while (true) {
      try {
        barrier.opened.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private int count() {
    long[] counters = striped;
    if (counters == null) {
      long seen = single;
      if (SINGLE.compareAndSet(this, seen, seen + 1)) {
        return 0;
      }
      counters = stripe();
    }
    int at = ((int) Thread.currentThread().threadId() & STRIPES - 1) * STRIDE + STRIDE;
    STRIPED.getAndAdd(counters, at, 1L);
    return at;
  }

  private synchronized long[] stripe() {
    if (striped == null) {
      striped = new long[(STRIPES + 1) * STRIDE];
    }
    return striped;
  }

  /** Goes out again. */
  void exit(int at) {
    if (at == 0) {
      SINGLE.getAndAdd(this, -1L);
    } else {
      STRIPED.getAndAdd(striped, at, -1L);
    }
    Barrier now = barrier;
    if (now != null) {
      LockSupport.unpark(now.closer);
    }
  }

  /** Keeps accesses out from now on. */
  void close() {
    barrier = new Barrier();
  }

  /** Lets everybody in; also if it is open already. */
  void open() {
    Barrier before = barrier;
    barrier = null;
    if (before != null) {
      before.opened.countDown();
    }
  }

  /**
   * Waits until accesses that were inside when this thread closed the gate have left.
   *
   * @return {@code false} if they have not in that time
   */
  boolean awaitQuiet(long nanos) {
    long deadline = System.nanoTime() + nanos;
    if (!awaitZero(0, deadline)) {
      return false;
    }
    // Read after the barrier was set: who makes it later comes too late to get in by it.
    if (striped != null) {
      for (int at = STRIDE; at <= STRIPES * STRIDE; at += STRIDE) {
        if (!awaitZero(at, deadline)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean awaitZero(int at, long deadline) {
    int spins = SPINS;
    boolean interrupted = false;
    try {
      while (inside(at) != 0) {
        if (spins-- > YIELDS) {
          Thread.onSpinWait();
          continue;
        }
        if (spins >= 0) {
          Thread.yield(); // whoever is inside may wait for this processor
          continue;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        LockSupport.parkNanos(this, left);
        interrupted |= Thread.interrupted();
      }
      return true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private long inside(int at) {
    return at == 0 ? single : (long) STRIPED.getVolatile(striped, at);
  }
}

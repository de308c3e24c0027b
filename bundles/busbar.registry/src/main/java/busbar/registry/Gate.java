package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Lets many operations pass and knows when none is inside: before a driver is exchanged or its data
 * is dropped.
 *
 * <p>An operation calls {@link #enter} and {@link #exit}: one atomic add each, on a counter in a
 * cache line that it shares with few other threads. A swap calls {@link #pause} and {@link
 * #resume}: those inside finish, those that come wait. {@link #end} refuses everybody from then on
 * and runs an action when the last one has left, on that one's thread.
 *
 * <p>Why one look at each counter is enough: whoever comes after the barrier was set sees it after
 * having counted himself, takes the count back and stays outside. A counter that was once 0 after
 * the barrier was set therefore stands for nobody inside, whatever it shows later.
 */
final class Gate {
  private static final System.Logger LOG = System.getLogger(Gate.class.getName());
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

  /** Two cache lines, since processors fetch them in pairs. */
  private static final int STRIDE = 128 / Long.BYTES;

  private static final int STRIPES =
      Math.max(16, Integer.highestOneBit(4 * Runtime.getRuntime().availableProcessors()));
  private static final int SPINS = 200;

  /** The gates that the thread is inside of as far as a callback has said so. */
  private static final ThreadLocal<List<Gate>> INSIDE = ThreadLocal.withInitial(List::of);

  /** Why the gate is not open. Without a refusal operations wait until {@code opened}. */
  private static final class Barrier {
    final Supplier<VfioException> refusal;
    final Runnable drained;
    final AtomicBoolean ran = new AtomicBoolean();
    final CountDownLatch opened = new CountDownLatch(1);
    final CountDownLatch finished = new CountDownLatch(1);
    volatile Thread waiter;

    /** Whether somebody who paused is alone still: then nobody's action runs. */
    volatile boolean held;

    Barrier(Supplier<VfioException> refusal, Runnable drained) {
      this.refusal = refusal;
      this.drained = drained;
    }
  }

  private final long[] inside = new long[(STRIPES + 1) * STRIDE];

  /** The right to pause, from {@link #pause} to {@link #resume}; no thread owns it. */
  private final Semaphore pausing = new Semaphore(1);

  /** Guards changes of {@link #barrier}. */
  private final Object changing = new Object();

  private volatile Barrier barrier;

  /**
   * Goes in.
   *
   * @return what {@link #exit} wants back
   * @throws VfioException the refusal if the gate has ended, {@code EINTR} if the thread is
   *     interrupted while it waits for a pause to end
   */
  int enter() {
    int at = ((int) Thread.currentThread().threadId() & STRIPES - 1) * STRIDE + STRIDE;
    if (barrier == null) {
      COUNT.getAndAdd(inside, at, 1L);
      if (barrier == null) {
        return at;
      }
      exit(at);
    }
    return enterSlowly(at);
  }

  /** Goes out again. */
  void exit(int at) {
    COUNT.getAndAdd(inside, at, -1L);
    Barrier now = barrier;
    if (now != null) {
      left(now);
    }
  }

  private int enterSlowly(int at) {
    while (true) {
      Barrier now = barrier;
      boolean nested = INSIDE.get().contains(this);
      if (now == null || nested) {
        COUNT.getAndAdd(inside, at, 1L);
        // a nested one is counted further out already: who closes waits for both
        if (nested || barrier == null) {
          return at;
        }
        exit(at);
      } else if (now.refusal != null) {
        throw now.refusal.get();
      } else {
        awaitOpening(now);
      }
    }
  }

  private static void awaitOpening(Barrier barrier) {
    try {
      barrier.opened.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errno.EINTR.because("interrupted while waiting for a driver to be replaced");
    }
  }

  /**
   * Runs a callback on the thread of an operation that is inside already: what the callback does
   * may come through this gate again, also while somebody waits for the operation to finish.
   */
  void nested(Runnable callback) {
    List<Gate> before = INSIDE.get();
    List<Gate> now = new java.util.ArrayList<>(before);
    now.add(this);
    INSIDE.set(now);
    try {
      callback.run();
    } finally {
      if (before.isEmpty()) {
        INSIDE.remove();
      } else {
        INSIDE.set(before);
      }
    }
  }

  /**
   * Closes for a while and waits until nobody is inside. After {@code true} the caller is alone
   * until somebody, on any thread, calls {@link #resume}.
   *
   * @param nanos how long to wait, for those inside and for another who has paused it
   * @return {@code false} if the time was over, or the gate has ended; it is as before then
   */
  boolean pause(long nanos) {
    long deadline = System.nanoTime() + nanos;
    if (!acquirePausing(nanos)) {
      return false;
    }
    Barrier mine = new Barrier(null, null);
    mine.waiter = Thread.currentThread();
    synchronized (changing) {
      if (barrier != null) {
        pausing.release();
        return false;
      }
      barrier = mine;
    }
    if (awaitQuiet(mine, deadline)) {
      return true;
    }
    resume();
    return false;
  }

  private boolean acquirePausing(long nanos) {
    long deadline = System.nanoTime() + nanos;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return pausing.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Lets those who wait go on; if the gate was ended meanwhile, lets that take effect. */
  void resume() {
    reopen().run();
  }

  /**
   * The first half of {@link #resume}: nobody who comes has to wait any more.
   *
   * @return the second half, which wakes those who wait; whoever wakes may run at once in the place
   *     of the one who wakes him
   */
  Runnable reopen() {
    Barrier now;
    synchronized (changing) {
      now = barrier;
      now.held = false;
      if (now.refusal == null) {
        barrier = null;
      }
    }
    pausing.release();
    return () -> {
      if (now.refusal == null) {
        now.opened.countDown();
      } else {
        left(now);
      }
    };
  }

  /**
   * Refuses everybody from now on, also those who wait for a pause to end. The action runs once,
   * when nobody is inside any more: before this returns, or later on the thread of the last one to
   * leave, or of the one who resumes. A second end keeps the first refusal.
   *
   * @param refusal makes the exception for those who come
   */
  void end(Supplier<VfioException> refusal, Runnable drained) {
    Barrier now;
    synchronized (changing) {
      Barrier before = barrier;
      if (before == null) {
        now = new Barrier(refusal, drained);
      } else if (before.refusal == null) {
        now = new Barrier(refusal, drained);
        now.held = true;
        before.opened.countDown();
        LockSupport.unpark(before.waiter);
      } else if (before.ran.compareAndSet(false, true)) {
        // its action has not run: ours does both
        now = new Barrier(before.refusal, () -> runBoth(before, drained));
        now.held = before.held;
      } else {
        now = new Barrier(before.refusal, drained);
      }
      barrier = now;
    }
    left(now);
  }

  private static void runBoth(Barrier before, Runnable drained) {
    before.drained.run();
    before.finished.countDown();
    drained.run();
  }

  /** Waits until the action of {@link #end} has run. */
  boolean awaitEnd(long nanos) {
    try {
      return barrier.finished.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return barrier.finished.getCount() == 0;
    }
  }

  /** Whether those who come have to wait now. */
  boolean isPaused() {
    Barrier now = barrier;
    return now != null && now.refusal == null;
  }

  /** Whether {@link #end} was called. */
  boolean hasEnded() {
    Barrier now = barrier;
    return now != null && now.refusal != null;
  }

  private void left(Barrier now) {
    if (now.refusal == null) {
      LockSupport.unpark(now.waiter);
    } else if (!now.held && !now.ran.get() && isQuiet() && now.ran.compareAndSet(false, true)) {
      try {
        now.drained.run();
      } catch (RuntimeException | Error e) {
        LOG.log(System.Logger.Level.ERROR, "What follows the last operation failed", e);
      } finally {
        now.finished.countDown();
      }
    }
  }

  private boolean isQuiet() {
    for (int at = STRIDE; at < inside.length; at += STRIDE) {
      if ((long) COUNT.getVolatile(inside, at) != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean awaitQuiet(Barrier mine, long deadline) {
    int spins = SPINS;
    boolean interrupted = false;
    try {
      for (int at = STRIDE; at < inside.length; ) {
        if ((long) COUNT.getVolatile(inside, at) == 0) {
          at += STRIDE;
        } else if (spins-- > 0) {
          Thread.onSpinWait();
        } else {
          long left = deadline - System.nanoTime();
          if (left <= 0 || barrier != mine) {
            return false;
          }
          LockSupport.parkNanos(this, left);
          interrupted |= Thread.interrupted();
        }
      }
      return barrier == mine;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

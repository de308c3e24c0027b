package busbar.registry;

import busbar.api.Errno;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * How a swap ends, and who says so: the thread that makes it, or the one that waits for it and
 * gives it up when it takes too long. Whoever comes first is right.
 */
final class Verdict {
  /** Who waits for operations says first that they do not end. */
  private static final long DRAIN_MARGIN_NANOS = 50_000_000;

  private enum Word {
    DONE,
    FAILED,
    GIVEN_UP
  }

  private final String who;
  private final String what;
  private final long deadlineNanos;
  private final AtomicReference<Word> word = new AtomicReference<>();
  private final CountDownLatch over = new CountDownLatch(1);

  /** From when the deadline counts: the beginning, then the end of the waiting for operations. */
  private volatile long stepsBegun;

  /**
   * @param who takes over, for errors
   * @param what is taken over
   */
  Verdict(Object who, Object what, long deadlineNanos) {
    this.who = who.toString();
    this.what = what.toString();
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * Operations are waited for from now on: they have their time to end, and so have those who take
   * part.
   *
   * @return when it is to be given up, as far as is known when it is asked
   */
  LongSupplier begin() {
    stepsBegun = System.nanoTime() + DRAIN_MARGIN_NANOS;
    return () -> stepsBegun + deadlineNanos;
  }

  /** No operation is under way any more. */
  void drained() {
    stepsBegun = System.nanoTime();
  }

  /**
   * All steps were made.
   *
   * @throws busbar.api.VfioException {@code ETIMEDOUT} too late: who hung until he was interrupted,
   *     and returned as if nothing had been, is late all the same; {@code ECANCELED} it was given
   *     up
   */
  void done() {
    if (System.nanoTime() - stepsBegun > deadlineNanos) {
      throw Errno.ETIMEDOUT.because("%s took too long to take over %s", who, what);
    }
    if (!word.compareAndSet(null, Word.DONE)) {
      throw Errno.ECANCELED.because("the swap of %s was given up", what);
    }
  }

  /** A step failed; returns whether it is for the caller to undo those before it. */
  boolean failed() {
    return word.compareAndSet(null, Word.FAILED);
  }

  /** Operations go on, whatever the verdict was. */
  void over() {
    over.countDown();
  }

  /**
   * A step hangs. If it has just not hung, waits for the end of it all.
   *
   * @return whether it is given up, and for the caller to undo
   */
  boolean giveUp() {
    if (word.compareAndSet(null, Word.GIVEN_UP)) {
      return true;
    }
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  boolean isDone() {
    return word.get() == Word.DONE;
  }
}

package busbar.load;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** A client that comes, works with a device by several threads, and goes in one way or another. */
final class Visit {
  /** How a client goes. */
  enum Leaving {
    /** It unmaps and closes. */
    POLITELY,
    /** It closes when its threads are done, and leaves everything mapped. */
    CARELESSLY,
    /** It ends in the middle of what its threads do. */
    CRASHING,
    /** Its threads are interrupted in the middle of what they do, then it ends. */
    INTERRUPTED
  }

  private static final long JOIN_MILLIS = 30_000;
  private static final int MOST_MILLIS = 400;
  private static final long REST_NANOS = 100_000;

  final Tally tally = new Tally();
  final Leaving leaving;

  private final Card card;
  private final List<Work> works;
  private final Mappings mappings;
  private final long millis;

  private volatile boolean over;
  private volatile boolean isClean;
  private volatile boolean hangs;

  Visit(Card card, boolean isEdu, SplittableRandom random) {
    this.card = card;
    leaving = Leaving.values()[random.nextInt(Leaving.values().length)];
    millis = random.nextLong(1, MOST_MILLIS);
    mappings = new Mappings(card, tally);
    works =
        isEdu
            ? List.of(
                new EduRegisters(card, tally),
                mappings,
                Work.both(new EduDma(card, tally, random.split()), new EduInterrupts(card, tally)))
            : List.of(new MttyRegisters(card, tally), mappings, new MttyInterrupts(card, tally));
  }

  /** From its first call to its end. */
  void go() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    AtomicInteger number = new AtomicInteger();
    for (Work work : works) {
      String name = "visit " + work.name() + " " + number.incrementAndGet();
      threads.add(start(name, () -> go(work)));
    }
    Thread.sleep(millis);
    switch (leaving) {
      case POLITELY, CARELESSLY -> over = true;
      case CRASHING -> {
        isClean = tally.isClean();
        card.close();
        over = true;
        // who waits for an interrupt of a client that is gone waits in vain
        threads.forEach(Thread::interrupt);
      }
      case INTERRUPTED -> {
        isClean = tally.isClean();
        over = true;
        threads.forEach(Thread::interrupt);
      }
    }
    for (Thread thread : threads) {
      join(thread);
    }
    leave();
    if (leaving == Leaving.POLITELY || leaving == Leaving.CARELESSLY) {
      isClean = tally.isClean();
    }
  }

  /**
   * Starts a thread that keeps nothing of its work once it has ended. Felix keeps the thread that
   * came second for a class of a bundle (7.0.5, {@code defineClassParallel}), and with it what it
   * worked with: devices that are gone, and the class loaders of their drivers.
   */
  private static Thread start(String name, Runnable work) {
    AtomicReference<Runnable> once = new AtomicReference<>(work);
    return Thread.ofPlatform().name(name).start(() -> once.getAndSet(null).run());
  }

  private void leave() {
    try {
      if (leaving == Leaving.POLITELY) {
        tally.late(card.name(), card.unexpected());
        mappings.end();
      }
    } catch (RuntimeException e) {
      tally.failed("leaving", e);
    } finally {
      card.close();
    }
  }

  private void go(Work work) {
    while (!over) {
      try {
        work.round();
      } catch (RuntimeException | Error e) {
        tally.failed(work.name(), e);
      }
      LockSupport.parkNanos(this, REST_NANOS);
    }
  }

  private void join(Thread thread) throws InterruptedException {
    thread.join(JOIN_MILLIS);
    if (thread.isAlive()) {
      hangs = true;
      StringBuilder where = new StringBuilder();
      for (StackTraceElement frame : thread.getStackTrace()) {
        where.append("\n    at ").append(frame);
      }
      tally.failed(
          thread.getName() + " of " + card.name(),
          new IllegalStateException("a call does not come back" + where));
    }
  }

  /**
   * Whether all went well until the client ended: calls that it ended in the middle of may fail,
   * but they must return.
   */
  boolean isClean() {
    return isClean && !hangs;
  }
}

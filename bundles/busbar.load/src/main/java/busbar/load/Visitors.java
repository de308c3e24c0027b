package busbar.load;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Threads whose clients come and go, until told to stop; what went wrong with which of them. */
final class Visitors {
  private static final int THREADS = 3;
  private static final long JOIN_MILLIS = 60_000;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final Place place;
  private final Losses losses;
  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> wrongs = new ConcurrentLinkedQueue<>();
  private final Map<Visit.Leaving, LongAdder> visits = new ConcurrentHashMap<>();
  private final LongAdder operations = new LongAdder();
  private final LongAdder turnedAway = new LongAdder();
  private volatile boolean over;

  Visitors(Place place, Losses losses, SplittableRandom random) {
    this.place = place;
    this.losses = losses;
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom own = random.split();
      threads.add(Thread.ofPlatform().name("visitor " + i).unstarted(() -> visit(own)));
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  private void visit(SplittableRandom random) {
    while (!over) {
      boolean isEdu = random.nextBoolean();
      long mark = losses.mark();
      Card card = open(isEdu);
      if (card == null) {
        LockSupport.parkNanos(RETRY_NANOS);
        continue;
      }
      try {
        visit(card, isEdu, random, mark);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void visit(Card card, boolean isEdu, SplittableRandom random, long mark)
      throws InterruptedException {
    Visit visit;
    try {
      visit = new Visit(card, isEdu, random);
    } catch (RuntimeException e) {
      card.close();
      if (!losses.anySince(mark)) {
        wrongs.add("a client could not begin with " + card.name() + ": " + e);
      }
      return;
    }
    visit.go();
    visits.computeIfAbsent(visit.leaving, leaving -> new LongAdder()).increment();
    operations.add(visit.tally.operations.sum());
    judge(visit, card, mark);
  }

  private void judge(Visit visit, Card card, long mark) {
    if (losses.anySince(mark)) {
      return; // a driver went for good on purpose, and calls failed as they must
    }
    if (!visit.isClean()) {
      visit
          .tally
          .sentences()
          .forEach(
              sentence -> wrongs.add(card.name() + ", left " + visit.leaving + ": " + sentence));
    }
  }

  /** Returns {@code null} if another client has it, or it is not there at the moment. */
  private Card open(boolean isEdu) {
    long mark = losses.mark();
    try {
      return isEdu
          ? Card.open(place.vfio(), place.admin(), "pci", Card.EDU, "soak-edu")
          : Card.open(place.vfio(), place.admin(), "mdev", Card.MTTY, "soak-mtty");
    } catch (IllegalStateException e) {
      turnedAway.increment();
    } catch (VfioException e) {
      turnedAway.increment();
      // another client was faster; or in the middle of an update no backend is there, or no driver
      // to make the group's node
      boolean expected =
          e.errno() == Errno.EBUSY || e.errno() == Errno.ENODEV || e.errno() == Errno.ENOENT;
      if (!expected && !losses.anySince(mark)) {
        wrongs.add("opening failed: " + e);
      }
    }
    return null;
  }

  void end() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join(JOIN_MILLIS);
      if (thread.isAlive()) {
        wrongs.add(thread.getName() + " does not end");
      }
    }
  }

  List<String> wrongs() {
    return List.copyOf(wrongs);
  }

  String summary() {
    Map<Visit.Leaving, Long> counts = new EnumMap<>(Visit.Leaving.class);
    visits.forEach((leaving, count) -> counts.put(leaving, count.sum()));
    return "visits %s, turned away %d times, %d operations"
        .formatted(counts, turnedAway.sum(), operations.sum());
  }
}

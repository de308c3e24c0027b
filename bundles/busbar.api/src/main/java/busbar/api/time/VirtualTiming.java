package busbar.api.time;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/**
 * Time that stands still until a test calls {@link #advance}. Timers run on the thread that
 * advances, in the order of their times. A timed wait polls in real milliseconds until this clock
 * has passed it.
 */
public final class VirtualTiming implements Timing {
  private record Entry(long due, long order, Runnable task) {}

  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(Comparator.comparingLong(Entry::due).thenComparingLong(Entry::order));
  private long now;
  private long count;

  /** Lets time pass and runs what falls due. */
  public void advance(long nanos) {
    long target;
    synchronized (this) {
      target = now + nanos;
    }
    while (true) {
      Entry next;
      synchronized (this) {
        next = entries.peek();
        if (next == null || next.due() > target) {
          now = target;
          return;
        }
        entries.remove();
        now = Math.max(now, next.due());
      }
      next.task().run();
    }
  }

  /** The delays until the timers that wait now, shortest first. */
  public synchronized List<Long> pending() {
    List<Long> delays = new ArrayList<>();
    entries.forEach(entry -> delays.add(entry.due() - now));
    delays.sort(null);
    return delays;
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public long epochSeconds() {
    return nanoTime() / 1_000_000_000;
  }

  @Override
  public synchronized Timer schedule(long delayNanos, Runnable task) {
    Entry entry = new Entry(now + Math.max(0, delayNanos), count++, task);
    entries.add(entry);
    return () -> {
      synchronized (this) {
        return entries.remove(entry);
      }
    };
  }

  @Override
  public long await(Condition condition, long nanos) throws InterruptedException {
    long end = nanoTime() + nanos;
    long left = nanos;
    if (left > 0) {
      condition.await(1, TimeUnit.MILLISECONDS);
      left = end - nanoTime();
    }
    return left;
  }
}

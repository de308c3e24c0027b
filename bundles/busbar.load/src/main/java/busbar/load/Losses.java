package busbar.load;

import java.util.concurrent.atomic.AtomicLong;

/** When somebody was let go for good on purpose, so that calls fail as they must. Any thread. */
final class Losses {
  /** Odd during a loss. */
  private final AtomicLong edges = new AtomicLong();

  void begin() {
    edges.incrementAndGet();
  }

  void end() {
    edges.incrementAndGet();
  }

  /** For {@link #anySince}. */
  long mark() {
    return edges.get();
  }

  /** Whether there was a loss at the mark or after it. */
  boolean anySince(long mark) {
    return (mark & 1) != 0 || edges.get() != mark;
  }
}

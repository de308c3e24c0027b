package busbar.load;

import java.util.Arrays;
import java.util.Locale;

/** Durations, in nanoseconds. Used by one thread. */
final class Times {
  private long[] nanos = new long[1024];
  private int count;

  void add(long one) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = one;
  }

  /** In microseconds, rounded up: the smallest that so much of all does not exceed. */
  long micros(double share) {
    if (count == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    int rank = Math.max(1, (int) Math.ceil(share * count));
    return (sorted[rank - 1] + 999) / 1000;
  }

  long p50() {
    return micros(0.5);
  }

  long p99() {
    return micros(0.99);
  }

  long max() {
    return micros(1);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "p50 %.3f ms, p99 %.3f ms, max %.3f ms",
        p50() / 1e3,
        p99() / 1e3,
        max() / 1e3);
  }
}

package busbar.load;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/**
 * Knows when enough was done to measure: after some rounds, once the compiler is quiet. It competes
 * with what is measured for the processors. Used by one thread.
 */
final class WarmUp {
  /** Rounds between two looks at the compiler. */
  private static final int LOOK = 250;

  /** Quiet is less than this share of the time. */
  private static final double QUIET = 0.1;

  /** It may go on for so many times the fewest rounds. */
  private static final int MOST = 3;

  /** Is {@code null} where nothing is compiled. */
  private final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();

  private final int fewest;
  private int rounds;
  private long mark;
  private long compiledMillis;
  private boolean quiet;

  WarmUp(int fewest) {
    this.fewest = fewest;
  }

  /** Whether the round that begins now is to be measured. */
  boolean isOver() {
    if (rounds++ % LOOK == 0) {
      look();
    }
    return rounds > MOST * fewest || rounds > fewest && quiet;
  }

  private void look() {
    long now = System.nanoTime();
    long compiled = compiler == null ? 0 : compiler.getTotalCompilationTime();
    long millis = TimeUnit.NANOSECONDS.toMillis(now - mark);
    quiet = mark != 0 && compiled - compiledMillis < QUIET * millis;
    mark = now;
    compiledMillis = compiled;
  }
}

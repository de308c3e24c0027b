package busbar.api.time;

import java.util.concurrent.locks.Condition;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Time: a monotonic clock, timers and timed waits. The registry provides the real one as a service;
 * tests use {@link VirtualTiming} and turn it by hand.
 */
@ProviderType
public interface Timing {
  /** A timer that can be called off. */
  interface Timer {
    /** Calls it off; returns whether it had not started. */
    boolean cancel();
  }

  /** Nanoseconds since an arbitrary start; never goes back. */
  long nanoTime();

  /** Seconds since 1970, for clocks that devices show. */
  long epochSeconds();

  /** Runs once after a delay on a thread of its own (virtual in the real one); 0 runs soon. */
  Timer schedule(long delayNanos, Runnable task);

  /**
   * Waits on a condition whose lock is held, for at most that long by this clock.
   *
   * @return nanoseconds left, 0 or less if the time is over
   */
  long await(Condition condition, long nanos) throws InterruptedException;
}

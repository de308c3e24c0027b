package busbar.api.swap;

import busbar.api.Errno;

/**
 * How swaps are made, for all places.
 *
 * @param graceMillis how long operations wait for the successor of somebody whose service went; 0:
 *     not at all
 * @param deadlineMillis how long operations under way may take to finish, and each call of those
 *     who take part; then the swap is called off
 * @param policy what a better one does
 */
public record SwapSettings(long graceMillis, long deadlineMillis, SwapPolicy policy) {
  /** What is in force until somebody says otherwise. */
  public static final SwapSettings DEFAULT = new SwapSettings(10_000, 2_000, SwapPolicy.MANUAL);

  public SwapSettings {
    if (graceMillis < 0 || deadlineMillis <= 0) {
      throw Errno.EINVAL.because(
          "a grace period of %d ms or a deadline of %d ms makes no sense",
          graceMillis, deadlineMillis);
    }
  }

  public SwapSettings withPolicy(SwapPolicy other) {
    return new SwapSettings(graceMillis, deadlineMillis, other);
  }
}

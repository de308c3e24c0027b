package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;

/** What the tests of the gate share. */
final class GateTimes {
  /** Nothing in these tests takes so long. */
  static final long PATIENCE_NANOS = 10_000_000_000L;

  private GateTimes() {}

  static VfioException refusal() {
    return Errno.ENODEV.because("the gate has ended");
  }
}

package busbar.registry;

import busbar.api.time.Timing;

/**
 * Something whose driver or backend is gone waits for a successor or for an end, whichever claims
 * it first.
 */
abstract class Waiting {
  private volatile Timing.Timer timer = () -> true;
  private boolean claimed;
  private String endBecause;

  final void until(Timing.Timer graceEnd) {
    timer = graceEnd;
  }

  /** Whether the caller is the one to decide what becomes of it. */
  final synchronized boolean claim() {
    if (claimed) {
      return false;
    }
    claimed = true;
    return true;
  }

  /** As {@link #claim}; who has claimed it learns the reason when it was in vain. */
  final synchronized boolean claimToEnd(String why) {
    if (claimed) {
      endBecause = why;
      return false;
    }
    claimed = true;
    return true;
  }

  /**
   * A successor was tried in vain.
   *
   * @return why it is to end meanwhile; {@code null} if it may wait for another successor
   */
  final synchronized String unclaim() {
    claimed = false;
    return endBecause;
  }

  /** Nobody waits any more. */
  final void endWaiting() {
    timer.cancel();
  }
}

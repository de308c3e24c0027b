package busbar.registry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Waiting for locks that somebody who hangs may hold. */
final class Locks {
  private Locks() {}

  /**
   * Takes a lock.
   *
   * @return whether it was free in time; for a thread that is interrupted that is now
   */
  static boolean tryLock(ReentrantLock lock, long nanos) {
    try {
      return lock.tryLock(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return lock.tryLock();
    }
  }
}

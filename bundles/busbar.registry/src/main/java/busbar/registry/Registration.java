package busbar.registry;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How often a registered device is held: by open files, and by those who look at it. Withdrawn, it
 * cannot be held anew, and who removes it waits until nobody holds it.
 */
final class Registration {
  /** Guards the fields below. */
  final ReentrantLock holdsLock = new ReentrantLock();

  final Condition released = holdsLock.newCondition();
  private int holds;
  private boolean withdrawn;
  private Runnable whenUnheld;

  boolean acquire() {
    holdsLock.lock();
    try {
      if (!withdrawn) {
        holds++;
      }
      return !withdrawn;
    } finally {
      holdsLock.unlock();
    }
  }

  void release() {
    Runnable action = null;
    holdsLock.lock();
    try {
      if (--holds == 0 && withdrawn) {
        released.signalAll();
        action = whenUnheld;
        whenUnheld = null;
      }
    } finally {
      holdsLock.unlock();
    }
    if (action != null) {
      action.run();
    }
  }

  void withdraw() {
    holdsLock.lock();
    try {
      withdrawn = true;
    } finally {
      holdsLock.unlock();
    }
  }

  boolean isHeld() {
    holdsLock.lock();
    try {
      return holds > 0;
    } finally {
      holdsLock.unlock();
    }
  }

  /** Runs the action when nobody holds the withdrawn device: now, or with the last release. */
  void whenUnheld(Runnable action) {
    holdsLock.lock();
    try {
      if (holds > 0) {
        whenUnheld = action;
        return;
      }
    } finally {
      holdsLock.unlock();
    }
    action.run();
  }
}

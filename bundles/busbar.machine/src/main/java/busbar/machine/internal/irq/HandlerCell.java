package busbar.machine.internal.irq;

import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Handler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * A handler that can be exchanged and taken away while it may run; one thread calls it at a time.
 */
final class HandlerCell {
  private static final Logger LOG = System.getLogger(HandlerCell.class.getName());

  private volatile Handler handler;
  private volatile Thread caller;

  void set(Handler wanted) {
    handler = wanted;
  }

  boolean isSet() {
    return handler != null;
  }

  /**
   * Takes the handler away; when this returns it runs no more, unless it is the one that calls
   * this.
   */
  void clear() {
    handler = null;
    awaitCaller();
  }

  /** Puts another handler in its place; when this returns the old one runs no more. */
  void exchange(Handler wanted) {
    handler = wanted;
    awaitCaller();
  }

  private void awaitCaller() {
    Thread now = caller;
    for (int spins = 0; now != null && now != Thread.currentThread() && caller == now; spins++) {
      if (spins < 1000) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  Handled call() {
    // Said before the handler is read: who clears it sees this thread, or this thread sees nothing.
    caller = Thread.currentThread();
    try {
      Handler now = handler;
      return now == null ? Handled.NONE : now.interrupt();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "an interrupt handler failed", e);
      return Handled.NONE;
    } finally {
      caller = null;
    }
  }
}

package busbar.api.device;

import busbar.api.EventFd;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An eventfd that makes something happen when it is signalled: unmask, mask, a register write. The
 * count is taken, so a reader of the same eventfd sees none. A count that is there already acts at
 * once.
 *
 * <p>The action runs on the signalling thread. It ends with {@link #close} or with the eventfd's
 * last descriptor.
 */
public final class Virqfd implements AutoCloseable {
  private final EventFd eventFd;
  private final Runnable action;
  private final AtomicBoolean active = new AtomicBoolean(true);
  private final AtomicInteger acting = new AtomicInteger();
  private final EventFd.Listener listener =
      new EventFd.Listener() {
        @Override
        public void signalled(EventFd source) {
          act();
        }

        @Override
        public void closed(EventFd source) {
          close();
        }
      };

  /** Starts listening. */
  public Virqfd(EventFd eventFd, Runnable action) {
    this.eventFd = eventFd;
    this.action = action;
    eventFd.addListener(listener);
    act();
  }

  private void act() {
    // said before active is read: who hands over sees this thread, or this thread sees it closed
    acting.incrementAndGet();
    try {
      if (active.get() && eventFd.take() != 0) {
        action.run();
      }
    } finally {
      acting.decrementAndGet();
    }
  }

  /** The eventfd, for a successor. */
  public EventFd eventFd() {
    return eventFd;
  }

  /** Whether it still acts. */
  public boolean isActive() {
    return active.get();
  }

  /**
   * Stops listening for a successor: when it returns, no action is under way, and a signal from now
   * on stays in the eventfd until somebody takes it. Not from within the action.
   */
  public void handOver() {
    close();
    for (int spins = 0; acting.get() > 0; spins++) {
      if (spins < 1000) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  /** Stops listening; idempotent. */
  @Override
  public void close() {
    if (active.getAndSet(false)) {
      eventFd.removeListener(listener);
    }
  }
}

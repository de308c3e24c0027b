package busbar.api;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * An eventfd: a 64-bit counter that interrupts add to and that a reader takes and clears.
 *
 * <p>Signalling takes no lock and, with nobody waiting, touches the counter alone. Safe for use by
 * all threads. Semantics of {@code eventfd(2)} in its non-blocking, non-semaphore form.
 */
public final class EventFd {
  /** The highest value that the counter holds; {@code signal} stops there. */
  public static final long MAX = 0xffff_ffff_ffff_fffeL;

  private final AtomicLong counter = new AtomicLong();
  private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /** Is told of each signal and of the close; runs on the signalling thread and must not block. */
  public interface Listener {
    /** The counter was raised. A listener may take the count with {@link EventFd#take()}. */
    void signalled(EventFd eventFd);

    /** The last descriptor was closed: no further signal will come from a client. */
    default void closed(EventFd eventFd) {}
  }

  /** Adds 1, as a driver does for an interrupt. The counter saturates at {@link #MAX}. */
  public void signal() {
    signal(1);
  }

  /** Adds {@code n}, unsigned; the counter saturates at {@link #MAX}. */
  public void signal(long n) {
    long old;
    long sum;
    do {
      old = counter.get();
      sum = old + n;
      if (Long.compareUnsigned(sum, old) < 0 || Long.compareUnsigned(sum, MAX) > 0) {
        sum = MAX;
      }
    } while (!counter.compareAndSet(old, sum));
    for (Listener listener : listeners) {
      listener.signalled(this);
    }
    Thread waiter;
    while ((waiter = waiters.poll()) != null) {
      LockSupport.unpark(waiter);
    }
  }

  /** Takes the count and clears it; 0 means that nothing was signalled ({@code EAGAIN}). */
  public long take() {
    return counter.get() == 0 ? 0 : counter.getAndSet(0);
  }

  /** The count, left as it is. */
  public long peek() {
    return counter.get();
  }

  /**
   * Waits until the count is not 0 or the time is over, then takes it.
   *
   * @param timeoutNanos at most this long; 0 does not wait
   * @return the count, 0 if the time ended first
   */
  public long await(long timeoutNanos) throws InterruptedException {
    long deadline = System.nanoTime() + timeoutNanos;
    while (true) {
      long count = take();
      if (count != 0) {
        return count;
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return 0;
      }
      Thread self = Thread.currentThread();
      waiters.add(self);
      // a signal between take() and add() has found no waiter: look again before parking
      if (counter.get() == 0) {
        LockSupport.parkNanos(this, left);
      }
      waiters.remove(self);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  /** Adds a listener; a count that is already there does not call it. */
  public void addListener(Listener listener) {
    listeners.add(listener);
    if (closed) {
      listener.closed(this);
    }
  }

  public void removeListener(Listener listener) {
    listeners.remove(listener);
  }

  /** The registry calls this when the last descriptor of the eventfd is closed. */
  public void close() {
    closed = true;
    for (Listener listener : listeners) {
      listener.closed(this);
    }
  }

  /** Whether the last descriptor is gone. A driver may still hold and signal the object. */
  public boolean isClosed() {
    return closed;
  }
}

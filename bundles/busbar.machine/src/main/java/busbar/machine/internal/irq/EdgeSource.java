package busbar.machine.internal.irq;

import busbar.api.Errno;
import busbar.api.irq.InterruptSource;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An interrupt that is an event: a message vector, an edge line. Each event calls the handler once,
 * on the thread that raised it or on one that is in the handler already. Events that come while it
 * is disabled are remembered as one.
 */
public final class EdgeSource implements InterruptSource {
  /** What the hardware in front of the interrupt does about its being masked. */
  public interface Gate {
    /** Lets events through; events that were held back come at once. */
    void open();

    /** Holds events back. */
    void close();
  }

  /** Hardware that cannot hold back. */
  public static final Gate ALWAYS_OPEN =
      new Gate() {
        @Override
        public void open() {}

        @Override
        public void close() {}
      };

  private final int number;
  private final String name;
  private final Gate gate;
  private final HandlerCell handler = new HandlerCell();
  private final AtomicInteger events = new AtomicInteger();
  private int disableDepth;
  private boolean held;
  private String owner;

  /** A source; {@code name} is for messages. */
  public EdgeSource(int number, String name, Gate gate) {
    this.number = number;
    this.name = name;
    this.gate = gate;
  }

  /** Whether somebody has asked for the interrupt. */
  public boolean isRequested() {
    return handler.isSet();
  }

  /** An event. No lock is held. */
  public void raise() {
    synchronized (this) {
      if (!handler.isSet()) {
        return;
      }
      if (disableDepth > 0) {
        held = true;
        return;
      }
    }
    if (events.getAndIncrement() == 0) {
      do {
        handler.call();
      } while (events.decrementAndGet() > 0);
    }
  }

  @Override
  public void request(String by, Sharing sharing, Start start, Handler wanted) {
    synchronized (this) {
      if (handler.isSet()) {
        throw Errno.EBUSY.because("%s has a handler already, that of %s", name, owner);
      }
      owner = by;
      held = false;
      disableDepth = start == Start.DISABLED ? 1 : 0;
      handler.set(wanted);
    }
    if (start == Start.ENABLED) {
      gate.open();
    }
  }

  @Override
  public void free() {
    gate.close();
    synchronized (this) {
      held = false;
    }
    handler.clear();
  }

  @Override
  public void handOver(Handler wanted) {
    handler.exchange(wanted);
  }

  @Override
  public void disable() {
    synchronized (this) {
      if (disableDepth++ > 0) {
        return;
      }
    }
    gate.close();
  }

  @Override
  public void enable() {
    boolean missed;
    synchronized (this) {
      if (disableDepth == 0 || --disableDepth > 0) {
        return;
      }
      missed = held;
      held = false;
    }
    gate.open();
    if (missed) {
      raise();
    }
  }

  @Override
  public int number() {
    return number;
  }
}

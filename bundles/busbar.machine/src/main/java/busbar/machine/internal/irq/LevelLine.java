package busbar.machine.internal.irq;

import busbar.api.Errno;
import busbar.api.irq.InterruptSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A level-triggered line of the interrupt controller, which functions may share. While it is high
 * and enabled the handlers are called one after the other, again and again, as long as one of them
 * says that it took the interrupt.
 *
 * <p>Handlers run on the thread that raised the line, without a lock. Only one thread calls them at
 * a time; one that raises the line meanwhile leaves the work to it.
 */
public final class LevelLine {
  private static final int STORM = 100_000;
  private static final Logger LOG = System.getLogger(LevelLine.class.getName());

  private final int number;
  private final Object stateLock = new Object();
  private final List<LineSource> handled = new CopyOnWriteArrayList<>();
  private int highPins;
  private int disableDepth;
  private long changes;
  private boolean running;

  public LevelLine(int number) {
    this.number = number;
  }

  /** Another pin of this line: one for each function. */
  public LineSource source(String device) {
    return new LineSource(this, device);
  }

  int number() {
    return number;
  }

  void add(LineSource source, InterruptSource.Start start) {
    synchronized (stateLock) {
      boolean exclusive = source.sharing() == InterruptSource.Sharing.EXCLUSIVE;
      for (LineSource other : handled) {
        if (exclusive || other.sharing() == InterruptSource.Sharing.EXCLUSIVE) {
          throw Errno.EBUSY.because(
              "interrupt line %d is taken by %s and one of both does not share it",
              number, other.owner());
        }
      }
      if (start == InterruptSource.Start.DISABLED) {
        disableDepth++;
      }
      handled.add(source);
      changes++;
    }
    kick();
  }

  void remove(LineSource source) {
    synchronized (stateLock) {
      handled.remove(source);
      if (handled.isEmpty()) {
        disableDepth = 0;
      }
    }
  }

  void pin(int change) {
    synchronized (stateLock) {
      highPins += change;
      changes++;
    }
  }

  void disable() {
    synchronized (stateLock) {
      disableDepth++;
    }
  }

  void enable() {
    synchronized (stateLock) {
      disableDepth = Math.max(0, disableDepth - 1);
      changes++;
    }
    kick();
  }

  void kick() {
    long seen;
    synchronized (stateLock) {
      if (running || !isDue()) {
        return;
      }
      running = true;
      seen = changes;
    }
    for (int rounds = 0; ; rounds++) {
      boolean taken = false;
      for (LineSource source : handled) {
        taken |= source.call();
      }
      synchronized (stateLock) {
        boolean again = isDue() && (taken || changes != seen);
        if (again && rounds == STORM) {
          LOG.log(Level.ERROR, "interrupt line {0} never goes low and is disabled", number);
          disableDepth++;
          again = false;
        }
        if (!again) {
          running = false;
          return;
        }
        seen = changes;
      }
    }
  }

  private boolean isDue() {
    return highPins > 0 && disableDepth == 0 && !handled.isEmpty();
  }
}

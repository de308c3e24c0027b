package busbar.machine.model;

import busbar.machine.model.ModelContext.Level;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The level of one interrupt line as a model wants it, shown to the machine without the model's
 * lock.
 *
 * <p>{@link #want} is called under the model's lock, so that the last word counts; {@link #publish}
 * after that without it. Of several threads that publish at once one does it for all of them, in
 * order: a line never ends on a level that is out of date. A line that was to go low and is to be
 * high again is shown low in between: a handler that has found nothing to do any more must be
 * called anew.
 */
public final class InterruptLine {
  private final ModelContext context;
  private final int line;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile Level wanted = Level.LOW;

  /** How often the line was to go low. */
  private volatile int falls;

  /**
   * What the machine was told last, {@code null} if nothing yet; of the publishing thread alone.
   */
  private Level shown;

  private int shownFalls;

  public InterruptLine(ModelContext context, int line) {
    this.context = context;
    this.line = line;
  }

  /** Decides the level; the model's lock is held. */
  public void want(Level level) {
    if (level == Level.LOW && wanted == Level.HIGH) {
      falls = falls + 1;
    }
    wanted = level;
  }

  /** Decides the level: high exactly if the condition holds; the model's lock is held. */
  public void wantHighIf(boolean condition) {
    want(condition ? Level.HIGH : Level.LOW);
  }

  /** The level decided last. */
  public Level wanted() {
    return wanted;
  }

  /** Shows the machine the level decided last; no lock is held. */
  public void publish() {
    if (requests.getAndIncrement() == 0) {
      int seen = 1; // the requests that the level read next will have served
      do {
        int fallen = falls; // before the level: a fall after that has a request of its own
        if (fallen != shownFalls) {
          shownFalls = fallen;
          show(Level.LOW);
        }
        show(wanted);
        seen = requests.addAndGet(-seen);
      } while (seen != 0);
    }
  }

  private void show(Level level) {
    if (level != shown) {
      shown = level;
      context.setLine(line, level);
    }
  }
}

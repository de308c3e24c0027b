package busbar.machine.model;

import busbar.machine.model.ModelContext.Level;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The level of one interrupt line as a model wants it, shown to the machine without the model's
 * lock.
 *
 * <p>{@link #want} is called under the model's lock, so that the last word counts; {@link #publish}
 * after that without it. Of several threads that publish at once one does it for all of them, in
 * order: a line never ends on a level that is out of date.
 */
public final class InterruptLine {
  private final ModelContext context;
  private final int line;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile Level wanted = Level.LOW;

  /**
   * What the machine was told last, {@code null} if nothing yet; of the publishing thread alone.
   */
  private Level shown;

  public InterruptLine(ModelContext context, int line) {
    this.context = context;
    this.line = line;
  }

  /** Decides the level; the model's lock is held. */
  public void want(Level level) {
    wanted = level;
  }

  /** Decides the level: high exactly if the condition holds; the model's lock is held. */
  public void wantHighIf(boolean condition) {
    wanted = condition ? Level.HIGH : Level.LOW;
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
        Level level = wanted;
        if (level != shown) {
          shown = level;
          context.setLine(line, level);
        }
        seen = requests.addAndGet(-seen);
      } while (seen != 0);
    }
  }
}

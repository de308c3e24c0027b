package busbar.machine.internal.irq;

import busbar.api.Errno;
import busbar.api.irq.InterruptSource;
import java.util.function.BooleanSupplier;

/** One function's pin on a line that others may share. */
public final class LineSource implements InterruptSource {
  private final LevelLine line;
  private final String device;
  private final HandlerCell handler = new HandlerCell();
  private final Object pinLock = new Object();
  private boolean high;
  private volatile String owner;
  private volatile Sharing sharing;

  LineSource(LevelLine line, String device) {
    this.line = line;
    this.device = device;
  }

  /**
   * Drives the pin anew. The handlers run in it if that makes the line high.
   *
   * @param level says what the pin is to be; asked under a lock of this pin alone, so that of
   *     several changes at once the last one counts
   */
  public void drive(BooleanSupplier level) {
    boolean rose;
    synchronized (pinLock) {
      boolean wanted = level.getAsBoolean();
      if (high == wanted) {
        return;
      }
      high = wanted;
      rose = wanted;
      line.pin(wanted ? 1 : -1);
    }
    if (rose) {
      line.kick();
    }
  }

  boolean call() {
    return handler.call() == Handled.YES;
  }

  /** Whether somebody has asked for the interrupt. */
  public boolean isRequested() {
    return handler.isSet();
  }

  String owner() {
    return owner;
  }

  Sharing sharing() {
    return sharing;
  }

  @Override
  public void request(String by, Sharing wanted, Start start, Handler wantedHandler) {
    synchronized (this) {
      if (handler.isSet()) {
        throw Errno.EBUSY.because(
            "the interrupt of %s has a handler already, that of %s", device, owner);
      }
      owner = by;
      sharing = wanted;
      handler.set(wantedHandler);
    }
    try {
      line.add(this, start);
    } catch (RuntimeException e) {
      handler.clear();
      throw e;
    }
  }

  @Override
  public void free() {
    line.remove(this);
    handler.clear();
  }

  @Override
  public void handOver(Handler wanted) {
    handler.exchange(wanted);
    line.kick();
  }

  @Override
  public void disable() {
    line.disable();
  }

  @Override
  public void enable() {
    line.enable();
  }

  @Override
  public int number() {
    return line.number();
  }
}

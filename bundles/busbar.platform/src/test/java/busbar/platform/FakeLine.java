package busbar.platform;

import busbar.api.Errno;
import busbar.api.irq.InterruptSource;

/** A line whose level a test sets; fires as the contract of {@link InterruptSource} says. */
final class FakeLine implements InterruptSource {
  private final boolean level;
  private Handler handler;
  private int depth;
  private boolean high;
  private boolean pendingEdge;
  boolean taken;
  int requests;

  FakeLine(boolean level) {
    this.level = level;
  }

  @Override
  public void request(String owner, Sharing sharing, Start start, Handler newHandler) {
    if (taken) {
      throw Errno.EBUSY.because("the line is taken");
    }
    requests++;
    handler = newHandler;
    depth = start == Start.DISABLED ? 1 : 0;
  }

  @Override
  public void free() {
    handler = null;
  }

  @Override
  public void handOver(Handler newHandler) {
    handler = newHandler;
  }

  @Override
  public void disable() {
    depth++;
  }

  @Override
  public void enable() {
    depth--;
    fire();
  }

  @Override
  public int number() {
    return 2;
  }

  boolean isHandled() {
    return handler != null;
  }

  void set(boolean newHigh) {
    pendingEdge |= newHigh && !high;
    high = newHigh;
    fire();
  }

  /** A level fires until somebody disables the line; an edge once. */
  private void fire() {
    for (int i = 0; handler != null && depth == 0 && (level ? high : pendingEdge) && i < 100; i++) {
      pendingEdge = false;
      handler.interrupt();
    }
  }
}

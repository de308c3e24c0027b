package busbar.pci;

import busbar.api.Errno;
import busbar.api.irq.InterruptSource;

/** An interrupt: a level that stays, or edges of messages. Counts what is asked of it. */
final class FakeLine implements InterruptSource {
  Handler handler;
  Sharing sharing;
  int disabled;
  int requests;
  boolean taken;
  boolean level;
  boolean pendingEdge;

  @Override
  public void request(String owner, Sharing wanted, Start start, Handler wantedHandler) {
    if (taken) {
      throw Errno.EBUSY.because("the line is taken");
    }
    requests++;
    handler = wantedHandler;
    sharing = wanted;
    disabled = start == Start.DISABLED ? 1 : 0;
    deliver();
  }

  @Override
  public void free() {
    handler = null;
    disabled = 0;
  }

  @Override
  public void handOver(Handler next) {
    handler = next;
    if (pendingEdge) {
      edge();
    }
    deliver();
  }

  @Override
  public void disable() {
    disabled++;
  }

  @Override
  public void enable() {
    disabled--;
    deliver();
  }

  @Override
  public int number() {
    return 11;
  }

  /** A message arrives. */
  void edge() {
    pendingEdge = handler == null;
    if (handler != null) {
      handler.interrupt();
    }
  }

  void setLevel(boolean high) {
    level = high;
    deliver();
  }

  /**
   * Calls the handler as often as a level does that nobody lowers, up to a limit that no test
   * needs.
   */
  void deliver() {
    for (int i = 0; level && disabled == 0 && handler != null && i < 10; i++) {
      if (handler.interrupt() == Handled.NONE) {
        return;
      }
    }
  }
}

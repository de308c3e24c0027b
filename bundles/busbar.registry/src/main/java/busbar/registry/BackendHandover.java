package busbar.registry;

import busbar.api.state.StateRecord;

/** A container's state on its way into another backend. */
final class BackendHandover {
  private final BackendEntry<?> to;
  private final Attachment attachment;
  private volatile Chosen<?> fresh;
  private volatile boolean restored;

  BackendHandover(BackendEntry<?> to, Attachment attachment) {
    this.to = to;
    this.attachment = attachment;
  }

  /** What can be done before calls have to wait. */
  void open() {
    if (fresh == null) {
      fresh = Chosen.open(to, attachment.type, attachment.opener);
    }
  }

  /** Opens, if that is not done, and gives it the state. */
  Chosen<?> restore(StateRecord state) {
    open();
    try {
      fresh.restore(state);
      restored = true;
      return fresh;
    } catch (Throwable t) {
      discard();
      throw Faults.of(t, to.toString(), "taking over the state");
    }
  }

  /** Forgets what was never given, or is taken away again. */
  void discard() {
    Chosen<?> unwanted = fresh;
    fresh = null;
    if (unwanted != null) {
      if (restored) {
        Faults.swallow(to.toString(), "giving back a container", unwanted::save);
      }
      Faults.swallow(to.toString(), "forgetting a container", unwanted::forget);
    }
  }
}

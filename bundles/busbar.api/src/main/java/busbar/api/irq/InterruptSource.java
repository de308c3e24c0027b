package busbar.api.irq;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * One interrupt as it reaches the host: an INTx pin, a message vector, a platform line.
 *
 * <p>Edges (messages, edge lines) call the handler once each; nothing is lost while no handler is
 * set only if the hardware says so (a level stays). A level calls the handler when it is high and
 * neither disabled nor being handled, again and again until somebody lowers, masks or disables it.
 */
@ConsumerType
public interface InterruptSource {
  /** What the handler did with the interrupt. */
  enum Handled {
    /** Taken. */
    YES,
    /** Not from this device: another one on the shared line. */
    NONE
  }

  /** Runs on the thread that raised the interrupt; short, never blocks. */
  @FunctionalInterface
  interface Handler {
    Handled interrupt();
  }

  /** Whether others may share the line. */
  enum Sharing {
    SHARED,
    EXCLUSIVE
  }

  /** Whether the line starts enabled. */
  enum Start {
    ENABLED,
    DISABLED
  }

  /**
   * Sets the handler ({@code request_irq}).
   *
   * @throws busbar.api.VfioException {@code EBUSY} if the line is taken and not shareable
   */
  void request(String owner, Sharing sharing, Start start, Handler handler);

  /** Removes the handler; when it returns, the handler does not run any more. */
  void free();

  /**
   * Replaces the handler in place, enabled state and pending interrupts included: for a swap of
   * drivers.
   */
  void handOver(Handler handler);

  /**
   * Stops calling the handler; counts. A level that is high meanwhile calls it after {@link
   * #enable}.
   */
  void disable();

  /** Takes back one {@link #disable}. */
  void enable();

  /** The host's number of the line, for people. */
  int number();
}

package busbar.machine.internal.model;

import java.util.ArrayDeque;

/**
 * Which models the thread is being called by: an interrupt handler that a model has called may come
 * back with an access to the same device, and that one must not wait for who waits for the model.
 *
 * <p>Of each thread alone. What a thread keeps are types of the platform, so that it holds on to no
 * class loader.
 */
final class Callouts {
  private static final ThreadLocal<ArrayDeque<Object>> WITHIN = new ThreadLocal<>();

  /** In the place of a gate: what happens now is the host's doing, nobody waits for it. */
  private static final Object HOST = "host";

  private Callouts() {}

  /** A model calls out; what this returns goes to {@link #end}. */
  static Object begin(ModelGate gate) {
    return push(gate);
  }

  /** The host makes the device's hardware do something; as {@link #begin}. */
  static Object beginHost() {
    return push(HOST);
  }

  /** The device's hardware calls out, for its model or for the host; as {@link #begin}. */
  static Object beginHardware(ModelGate gate) {
    ArrayDeque<Object> within = WITHIN.get();
    return push(within != null && within.peek() == HOST ? HOST : gate);
  }

  private static Object push(Object who) {
    ArrayDeque<Object> within = WITHIN.get();
    if (within == null) {
      within = new ArrayDeque<>(4);
      WITHIN.set(within);
    }
    within.push(who);
    return within;
  }

  /** The call has returned. */
  static void end(Object within) {
    ((ArrayDeque<?>) within).pop();
  }

  /** Whether the model behind a gate has called out on this thread. */
  static boolean isWithin(ModelGate gate) {
    ArrayDeque<Object> within = WITHIN.get();
    return within != null && within.contains(gate);
  }
}

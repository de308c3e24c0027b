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

  private Callouts() {}

  /** A model calls out; what this returns goes to {@link #end}. */
  static ArrayDeque<Object> begin(ModelGate gate) {
    ArrayDeque<Object> within = WITHIN.get();
    if (within == null) {
      within = new ArrayDeque<>(4);
      WITHIN.set(within);
    }
    within.push(gate);
    return within;
  }

  /** The call has returned. */
  static void end(ArrayDeque<Object> within) {
    within.pop();
  }

  /** Whether the model behind a gate has called out on this thread. */
  static boolean isWithin(ModelGate gate) {
    ArrayDeque<Object> within = WITHIN.get();
    return within != null && within.contains(gate);
  }
}

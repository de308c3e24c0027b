package busbar.conformance.swap;

import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.util.List;
import java.util.function.Predicate;

/**
 * One of the two who take part in a swap, called as the registry calls it.
 *
 * @param ops the driver, backend or parent
 * @param data its data of the device or container
 * @param owned which types are its own
 * @param remove gives the closed device back; for a backend nothing
 * @param <D> the type of its data
 */
public record Side<D>(HandoverOps<D> ops, D data, Predicate<Class<?>> owned, Runnable remove) {
  /**
   * Saves.
   *
   * @throws AssertionError if the record holds something of this side's own types
   */
  public StateRecord save() {
    StateRecord state = ops.save(data);
    List<String> strays = state.holding(owned);
    if (!strays.isEmpty()) {
      throw new AssertionError("the state holds the driver's own: " + strays);
    }
    if (!state.kind().equals(ops.stateKind()) || state.version() > ops.stateVersion()) {
      throw new AssertionError(
          "a state of %s %d is saved by %s %d"
              .formatted(state.kind(), state.version(), ops.stateKind(), ops.stateVersion()));
    }
    return state;
  }

  /** As the successor. */
  public void restore(StateRecord state) {
    ops.restore(data, state);
  }

  /** The swap was called off. */
  public void resume() {
    ops.resume(data);
  }

  /** The other one goes on: lets go, and gives the device back. */
  public void leave() {
    ops.forget(data);
    remove.run();
  }
}

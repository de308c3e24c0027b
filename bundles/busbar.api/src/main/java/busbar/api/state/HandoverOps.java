package busbar.api.state;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: a driver or backend whose open state the next version can take over. The registry calls
 * these with the gate closed: no other operation runs.
 *
 * <p>A driver without it is quiesced and re-opened: release by the old, open by the new.
 *
 * @param <D> the data of one device or of one container instance
 */
@ConsumerType
public interface HandoverOps<D> {
  /** The newest schema version that {@link #restore} takes. */
  int stateVersion();

  /**
   * Stops using what lies below (interrupt handlers, timers) without changing hardware, and tells
   * all that the successor needs. Until {@link #forget} the driver must be able to {@link #resume}.
   */
  StateRecord save(D data);

  /**
   * Takes over.
   *
   * @param fresh data that the new driver has made by {@code probe} (or, for a backend, {@code
   *     open}), not opened
   * @throws busbar.api.VfioException {@code EINVAL} if the state is not acceptable; nothing of the
   *     hardware was changed then
   */
  void restore(D fresh, StateRecord state);

  /** The swap was called off: goes on as before {@link #save}. */
  void resume(D data);

  /** The successor runs: lets go of everything without touching hardware that was handed over. */
  void forget(D data);
}

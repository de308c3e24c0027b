package busbar.api.state;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: a driver or backend whose open state the next version, or a competitor, can take over.
 * The registry calls these with the gate closed: no other operation runs.
 *
 * <p>The calls of one swap, each with a deadline on a thread of the swap:
 *
 * <ol>
 *   <li>new: {@code probe} (or, for a backend, {@code open}), before the gate closes; {@link
 *       busbar.api.device.VfioDevice#isTakenOver} is true, so it leaves the hardware as it is
 *   <li>old: {@link #save}
 *   <li>new: {@link #restore}
 *   <li>old: {@link #forget}, then, for a driver, {@code remove}, which has nothing to do any more
 * </ol>
 *
 * <p>If anything fails, the old one goes on: new {@link #save} if its {@link #restore} had
 * succeeded, old {@link #resume} if its {@link #save} had, and then new {@link #forget} and {@code
 * remove}, also for data that was never restored: neither may touch hardware.
 *
 * <p>A driver without it is quiesced and re-opened: {@code release} and {@code remove} by the old,
 * {@code probe} and {@code open} by the new.
 *
 * @param <D> the data of one device or of one container instance
 */
@ConsumerType
public interface HandoverOps<D> {
  /** The newest schema version that {@link #restore} takes. */
  int stateVersion();

  /**
   * The {@link StateRecord#kind} that {@link #save} writes and {@link #restore} takes. Two drivers
   * of different names that share it can stand in for each other.
   */
  String stateKind();

  /**
   * Stops using what lies below (listeners, timers) without changing hardware, and tells all that
   * the successor needs. Interrupts go on being delivered until the successor takes them over in
   * place. Until {@link #forget} the driver must be able to {@link #resume}.
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

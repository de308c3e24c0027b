package busbar.api.bus;

import busbar.api.state.StateRecord;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: a bus whose devices exist because software made them, and which the next version of
 * that software can show again. The registry keeps devices in use waiting meanwhile, as for a
 * driver.
 *
 * <p>A bus of hardware has no use for it: its devices are there or not.
 */
@ConsumerType
public interface BusHandoverOps {
  /**
   * The {@link StateRecord#kind} that {@link #saveDevices} writes and {@link #restoreDevices}
   * takes.
   */
  String stateKind();

  /** What has to be known to show the same devices again. Called when the service goes. */
  StateRecord saveDevices();

  /**
   * Shows the devices that a predecessor had, to listeners that come later: those that are there
   * already are left as they are, those that cannot be made yet follow as soon as they can.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the record is not acceptable
   */
  void restoreDevices(StateRecord state);
}

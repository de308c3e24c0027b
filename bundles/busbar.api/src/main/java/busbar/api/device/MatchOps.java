package busbar.api.device;

import busbar.api.Caller;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: what a name given to {@code GROUP_GET_DEVICE_FD} means, {@code match}.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface MatchOps<D> {
  /**
   * Whether the text names this device; the default of drivers without it is equality with the
   * name.
   *
   * @throws busbar.api.VfioException the open fails with that errno: a bad or missing token
   */
  boolean matches(D device, Caller caller, String text);
}

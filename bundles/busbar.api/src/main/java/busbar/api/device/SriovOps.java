package busbar.api.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: virtual functions, {@code sriov_configure}.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface SriovOps<D> {
  /**
   * Sets the number of virtual functions.
   *
   * @param count 0 disables
   * @return how many there are now
   * @throws busbar.api.VfioException {@code ENOENT} if the driver's configuration forbids it,
   *     {@code EBUSY} …
   */
  int configureVirtualFunctions(D device, int count);
}

package busbar.api.device;

import busbar.api.Caller;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: features of {@code VFIO_DEVICE_FEATURE} that the core does not know itself.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface DeviceFeatureOps<D> {
  /**
   * One feature call whose {@code argsz} and flag bits the core has checked.
   *
   * @param flags the flags word: GET, SET, PROBE and the feature's index; {@link FeatureCheck} goes
   *     on
   * @param data the payload in place: as much as {@code argsz} says and memory has
   * @param payloadSize what {@code argsz} says, in bytes, may exceed {@code data}
   * @return 0 or a positive result
   * @throws busbar.api.VfioException {@code ENOTTY} for a feature that it does not know
   */
  long deviceFeature(D device, Caller caller, int flags, MemorySegment data, long payloadSize);
}

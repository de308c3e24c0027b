package busbar.api.device;

import busbar.api.Caller;
import busbar.api.FileOps;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: device migration, {@code struct vfio_migration_ops}. Model handover uses the same
 * states.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface MigrationOps<D> {
  /**
   * {@code VFIO_MIGRATION_*} bits that the device supports; {@code STOP_COPY} is a must. 0: this
   * device has no migration and the feature is {@code ENOTTY}.
   */
  long migrationFlags(D device);

  /**
   * Goes to a state, by as many arcs as {@link MigrationStates} says.
   *
   * @return the data stream if the last arc opens one
   * @throws busbar.api.VfioException any errno; {@link #state} then says where the device is
   */
  Optional<FileOps> setState(D device, Caller caller, MigrationState target);

  /** The state now. */
  MigrationState state(D device);

  /** An estimate of what {@code STOP_COPY} will hold, in bytes. */
  long dataSize(D device);

  /**
   * The client set {@code VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2}, which the core allows to devices
   * with {@code PRE_COPY} only: from now on the flags of {@code VFIO_MIG_GET_PRECOPY_INFO} are
   * output alone, {@code VFIO_PRECOPY_INFO_REINIT} among them. It holds until the device is
   * removed.
   */
  default void enablePrecopyInfoV2(D device) {}

  /**
   * The client reset the device: it is {@code RUNNING} again and open data streams are
   * disconnected.
   */
  default void resetDone(D device) {}
}

package busbar.api.admin;

import busbar.api.device.MigrationState;
import busbar.api.state.StateRecord;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The edge on which operators move devices from one Busbar to another: a service of the registry.
 * What it does to a device is what its user could do by {@code VFIO_DEVICE_FEATURE}. Any thread;
 * failures are {@link busbar.api.VfioException}.
 *
 * <p>{@code ENODEV}: no such device, or no driver of VFIO has it; {@code ENOTTY}: its driver has no
 * migration; {@code EBUSY}: its user is in the middle of a migration of its own.
 */
@ProviderType
public interface MigrationAdmin {
  /** The kind of the records that {@link #save} gives. */
  String STATE_KIND = "busbar-device";

  /**
   * A device that can be moved.
   *
   * @param what what a state must fit: bus and kind of device
   * @param state where it is
   * @param use whether somebody has it open
   * @param arriving whether a state waits for its next user
   */
  record Movable(
      String device, String driver, String what, MigrationState state, Use use, boolean arriving) {}

  /** Whether somebody has a device open. */
  enum Use {
    OPEN,
    CLOSED
  }

  /** Every device whose driver has migration, by bus and name. */
  List<Movable> movable();

  /** One of them. */
  Movable movable(String device);

  /**
   * Stops a device and tells its state, with what a virtual machine monitor would carry beside it:
   * its configuration space. The device stays in {@code STOP}; {@link #resume} lets it go on. One
   * that nobody has open is opened for that.
   *
   * @throws busbar.api.VfioException what the driver says; the device goes on then
   */
  StateRecord save(String device);

  /**
   * Gives a device a state; it stays in {@code STOP} until its user, or {@link #resume}, lets it
   * run. One that nobody has open is opened, tried and closed again, and gets the state when its
   * next user opens it.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the state is of another kind of device or is
   *     not acceptable; the device goes on with what it had then
   */
  Movable restore(String device, StateRecord state);

  /** Lets a device run. */
  Movable resume(String device);

  /** Forgets a state that waits for the device's next user; {@code ENOENT} if there is none. */
  void forget(String device);
}

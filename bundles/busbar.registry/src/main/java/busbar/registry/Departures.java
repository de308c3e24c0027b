package busbar.registry;

import busbar.registry.DeviceEntry.HostBound;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.List;

/**
 * What happens when a service goes away that somebody uses: the policy, in one place.
 *
 * <p>Without a grace period the removal rules apply at once. A user of a device is asked to let go,
 * the driver finishes what is under way and gives the device back, and the files answer {@code
 * ENODEV} until they are closed. A container whose backend goes answers {@code ENODEV} until it
 * chooses again.
 */
final class Departures {
  private final Containers containers;
  private final Removal removal;

  Departures(Containers containers, Removal removal) {
    this.containers = containers;
    this.removal = removal;
  }

  /** A bus driver's service is gone; the device is unbound when this returns. */
  void driverGone(DeviceEntry entry, DriverEntry driver) {
    if (entry.bound() instanceof VfioBound bound && bound.driver() == driver) {
      if (bound.object().isOpen()) {
        bound.object().request(0);
      }
      entry.setLostDriver(driver.name());
      drop(entry, bound, driver + " of " + entry.name() + " is gone");
    }
  }

  /** The device is gone without a warning. */
  void deviceGone(DeviceEntry entry) {
    switch (entry.bound()) {
      case VfioBound bound -> drop(entry, bound, entry.name() + " is gone");
      case HostBound bound -> removal.releaseHost(entry, bound);
      case null -> {}
    }
  }

  private void drop(DeviceEntry entry, VfioBound bound, String because) {
    DeviceObject object = bound.object();
    if (object.kill(because)) {
      removal.finishKilled(object);
    }
    if (entry.bound() == bound) {
      entry.setBound(null);
      entry.explain(because, List.of());
    }
  }

  /** A host driver's service is gone. */
  void hostDriverGone(DeviceEntry entry, HostEntry driver) {
    if (entry.bound() instanceof HostBound bound && bound.driver() == driver) {
      removal.releaseHost(entry, bound);
    }
  }

  /** A backend's service is gone. */
  void backendGone(BackendEntry<?> backend) {
    containers.all().forEach(container -> container.lose(backend));
  }
}

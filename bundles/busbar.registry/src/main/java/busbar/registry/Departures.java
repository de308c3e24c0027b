package busbar.registry;

import busbar.api.time.Timing;
import busbar.registry.DeviceEntry.HostBound;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.List;

/**
 * What happens when a service goes away that somebody uses: the policy, in one place.
 *
 * <p>A device or container in use waits for a successor, see {@link Bridge} and {@link
 * BackendBridge}. Where nobody waits, or nobody came, the removal rules apply. A user of a device
 * is asked to let go, the driver finishes what is under way and gives the device back, and the
 * files answer {@code ENODEV} until they are closed. A container whose backend goes answers {@code
 * ENODEV} until it chooses again.
 */
final class Departures {
  private final Containers containers;
  private final Removal removal;

  private final Bridge bridge;
  private final BackendBridge backends;

  Departures(
      Devices devices,
      Drivers drivers,
      Containers containers,
      Removal removal,
      SwapRules rules,
      Journal journal,
      Timing timing) {
    this.containers = containers;
    this.removal = removal;
    this.bridge = new Bridge(devices, drivers, rules, journal, timing, this);
    this.backends = new BackendBridge(containers, rules, journal, timing);
  }

  Bridge bridge() {
    return bridge;
  }

  BackendBridge backends() {
    return backends;
  }

  /** A bus driver's service is gone; the device is unbound, or held, when this returns. */
  void driverGone(DeviceEntry entry, DriverEntry driver) {
    if (entry.bound() instanceof VfioBound bound
        && bound.driver() == driver
        && entry.hold() == null
        && !bridge.hold(entry, bound)) {
      if (bound.object().isOpen()) {
        bound.object().request(0);
      }
      entry.setLostDriver(driver.name());
      drop(entry, bound, driver + " of " + entry.name() + " is gone", () -> {});
    }
  }

  /** The device is gone without a warning. */
  void deviceGone(DeviceEntry entry) {
    bridge.giveUp(entry, "the device went, too");
    switch (entry.bound()) {
      case VfioBound bound -> drop(entry, bound, entry.name() + " is gone", () -> {});
      case HostBound bound -> removal.releaseHost(entry, bound);
      case null -> {}
    }
  }

  /**
   * A device is lost although it is there: no driver can go on with it.
   *
   * @param opening opens its gates
   */
  void lose(DeviceEntry entry, String because, Runnable opening) {
    if (entry.bound() instanceof VfioBound bound) {
      drop(entry, bound, because, opening);
    } else {
      opening.run();
    }
  }

  private void drop(DeviceEntry entry, VfioBound bound, String because, Runnable opening) {
    DeviceObject object = bound.object();
    if (object.kill(because, opening)) {
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
    for (Container container : containers.all()) {
      if (!backends.hold(container, backend)) {
        container.lose(backend);
      }
    }
  }
}

package busbar.registry;

import busbar.api.bus.BusDevice;
import busbar.api.bus.HostDriver;

/** An ordinary driver of the host while its service is there. */
final class HostEntry {
  final HostDriver driver;
  private final String name;
  private final String bus;

  HostEntry(HostDriver driver) {
    this.driver = driver;
    this.name = driver.name();
    this.bus = driver.bus();
  }

  String name() {
    return name;
  }

  String bus() {
    return bus;
  }

  boolean matches(BusDevice device) {
    try {
      return driver.matches(device);
    } catch (Throwable t) {
      Faults.of(t, toString(), "asked whether it matches " + device.name());
      return false;
    }
  }

  boolean bindsAtStart(BusDevice device) {
    try {
      return driver.bindsAtStart(device);
    } catch (Throwable t) {
      Faults.of(t, toString(), "asked whether it takes " + device.name());
      return false;
    }
  }

  boolean ownsDma() {
    return driver.dmaUse() == HostDriver.DmaUse.OWNS;
  }

  @Override
  public String toString() {
    return "host driver " + name;
  }
}

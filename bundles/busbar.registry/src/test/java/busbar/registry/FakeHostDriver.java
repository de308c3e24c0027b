package busbar.registry;

import busbar.api.bus.BusDevice;
import busbar.api.bus.HostDriver;

/** A host driver that matches every device of its bus, and takes some of itself. */
record FakeHostDriver(String name, String bus, DmaUse dmaUse, String takesAtStart)
    implements HostDriver {
  @Override
  public boolean matches(BusDevice device) {
    return true;
  }

  @Override
  public boolean bindsAtStart(BusDevice device) {
    return device.name().equals(takesAtStart);
  }
}

package busbar.registry;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The ids that drivers were told at run time, by driver: they outlive an update of the driver. */
final class DynamicIds {
  private final Map<String, List<PciId>> ids = new ConcurrentHashMap<>();

  private List<PciId> of(String bus, String driver) {
    return ids.computeIfAbsent(bus + '/' + driver, key -> new CopyOnWriteArrayList<>());
  }

  void add(DriverEntry driver, String text) {
    PciId id = pciId(driver, text);
    List<PciId> known = of(driver.bus(), driver.name());
    synchronized (known) {
      if (known.stream().anyMatch(id::sameAs)) {
        throw Errno.EEXIST.because("%s has the id %s already", driver, id);
      }
      known.add(id);
    }
  }

  void remove(DriverEntry driver, String text) {
    PciId id = pciId(driver, text);
    if (!of(driver.bus(), driver.name()).removeIf(id::sameAs)) {
      throw Errno.ENODEV.because("%s has no id %s", driver, id);
    }
  }

  private static PciId pciId(DriverEntry driver, String text) {
    if (!driver.bus().equals("pci")) {
      throw Errno.ENOENT.because("drivers of bus %s have no ids", driver.bus());
    }
    return PciId.parse(text);
  }

  boolean match(DriverEntry driver, BusDevice device) {
    return of(driver.bus(), driver.name()).stream().anyMatch(id -> id.matches(device));
  }

  List<String> texts(String bus, String driver) {
    return of(bus, driver).stream().map(PciId::toString).toList();
  }
}

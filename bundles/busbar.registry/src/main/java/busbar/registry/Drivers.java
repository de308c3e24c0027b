package busbar.registry;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.bus.HostDriver;
import busbar.api.device.VfioBusDriver;
import busbar.api.swap.Candidate;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** The bus drivers and host drivers that are there now. */
final class Drivers {
  private static final Comparator<DriverEntry> ORDER =
      Comparator.<DriverEntry>comparingInt(entry -> entry.ranking)
          .reversed()
          .thenComparingLong(entry -> entry.age);

  private final AtomicLong ages = new AtomicLong();
  private final List<DriverEntry> drivers = new CopyOnWriteArrayList<>();
  private final List<HostEntry> hosts = new CopyOnWriteArrayList<>();
  private final DynamicIds ids = new DynamicIds();

  DriverEntry add(VfioBusDriver<?> driver, int ranking, Candidate candidate) {
    DriverEntry entry = new DriverEntry(driver, ranking, ages.incrementAndGet(), candidate);
    drivers.add(entry);
    return entry;
  }

  /** Takes it out; returns {@code null} if it is not there. */
  DriverEntry remove(VfioBusDriver<?> driver) {
    for (DriverEntry entry : drivers) {
      if (entry.driver == driver) {
        entry.depart();
        drivers.remove(entry);
        return entry;
      }
    }
    return null;
  }

  HostEntry add(HostDriver driver) {
    HostEntry entry = new HostEntry(driver);
    hosts.add(entry);
    return entry;
  }

  HostEntry remove(HostDriver driver) {
    for (HostEntry entry : hosts) {
      if (entry.driver == driver) {
        hosts.remove(entry);
        return entry;
      }
    }
    return null;
  }

  DynamicIds ids() {
    return ids;
  }

  /** Those of a bus, highest ranking first, of equal ones the oldest. */
  List<DriverEntry> of(String bus) {
    return drivers.stream().filter(entry -> entry.bus().equals(bus)).sorted(ORDER).toList();
  }

  List<HostEntry> hostsOf(String bus) {
    return hosts.stream().filter(entry -> entry.bus().equals(bus)).toList();
  }

  List<DriverEntry> all() {
    return drivers.stream()
        .sorted(Comparator.comparing(DriverEntry::bus).thenComparing(DriverEntry::name))
        .toList();
  }

  List<HostEntry> allHosts() {
    return hosts.stream()
        .sorted(Comparator.comparing(HostEntry::bus).thenComparing(HostEntry::name))
        .toList();
  }

  Optional<DriverEntry> find(String bus, String name) {
    return of(bus).stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** The one of that name for a device: of several, one that wants it. */
  Optional<DriverEntry> find(BusDevice device, String name) {
    List<DriverEntry> named =
        of(device.bus()).stream().filter(entry -> entry.name().equals(name)).toList();
    return named.stream()
        .filter(entry -> named.size() == 1 || entry.bid(device) > 0)
        .findFirst()
        .or(() -> named.stream().findFirst());
  }

  Optional<HostEntry> findHost(String bus, String name) {
    return hostsOf(bus).stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** The bus driver with that name on any bus. */
  DriverEntry named(String name) {
    return drivers.stream()
        .sorted(ORDER)
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Errno.ENOENT.because("there is no driver %s", name));
  }
}

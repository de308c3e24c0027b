package busbar.registry;

import busbar.api.Errno;
import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.bus.HostDriver;
import busbar.api.device.SriovOps;
import busbar.api.device.VfioBusDriver;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import busbar.api.swap.Candidate;
import busbar.api.time.Timing;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Buses, devices and drivers as they come and go, and what an administrator does to them. */
final class DriverCore {
  private static final System.Logger LOG = System.getLogger(DriverCore.class.getName());
  private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Devices devices;
  private final Drivers drivers;
  private final Binder binder;
  private final Removal removal;
  private final Departures departures;
  private final Bids bids;
  private final BusGaps gaps;
  private final Map<Bus, Listener> buses = new ConcurrentHashMap<>();

  DriverCore(
      Devices devices,
      Drivers drivers,
      Binder binder,
      Removal removal,
      Departures departures,
      Bids bids,
      SwapRules rules,
      Timing timing) {
    this.devices = devices;
    this.drivers = drivers;
    this.binder = binder;
    this.removal = removal;
    this.departures = departures;
    this.bids = bids;
    this.gaps = new BusGaps(rules, timing, departures.bridge(), this::lost);
  }

  // Buses and devices.

  void add(Bus bus) {
    Listener listener = new Listener();
    if (buses.putIfAbsent(bus, listener) == null) {
      gaps.fill(bus);
      bus.addListener(listener);
    }
  }

  /**
   * A bus whose service goes takes its devices with it, unless the next one can show them again.
   */
  void remove(Bus bus) {
    Listener listener = buses.remove(bus);
    if (listener == null) {
      return;
    }
    bus.removeListener(listener);
    List<DeviceEntry> its =
        devices.all().stream().filter(entry -> entry.listener == listener).toList();
    List<DeviceEntry> waiting = gaps.open(bus, its);
    its.stream().filter(entry -> !waiting.contains(entry)).forEach(this::vanished);
  }

  /** Nobody new will come: what waits for a bus is gone. */
  void close() {
    gaps.close();
  }

  /** Hears of the devices of one bus. */
  private final class Listener implements BusListener {
    @Override
    public void added(BusDevice device) {
      DeviceEntry entry = devices.add(device, this);
      if (entry != null) {
        overrideVirtualFunction(entry);
        bindAutomatically(entry);
        return;
      }
      DeviceEntry known = devices.of(device);
      if (known != null && known.isOrphan()) {
        known.shownBy(device, this);
        gaps.shown(known);
      }
    }

    @Override
    public void removing(BusDevice device) {
      DeviceEntry entry = devices.of(device);
      if (entry != null) {
        entry.setGone();
        departures.bridge().giveUp(entry, "the device goes, too");
        entry.takeTurnUninterruptibly();
        removal.run(entry, Removal.Patience.ENDLESS);
        devices.remove(entry);
      }
    }

    @Override
    public void vanished(BusDevice device) {
      DeviceEntry entry = devices.of(device);
      if (entry != null) {
        DriverCore.this.vanished(entry);
      }
    }
  }

  private void lost(DeviceEntry entry, String why) {
    departures.bridge().giveUp(entry, why);
    vanished(entry);
  }

  private void vanished(DeviceEntry entry) {
    entry.setGone();
    afterBinding(entry, () -> departures.deviceGone(entry));
    devices.remove(entry);
  }

  /**
   * Waits for a probe that is under way, so that what it binds is seen. A removal is not waited
   * for: that one has the turn for as long as a user likes, and takes away what is left by itself.
   */
  private static void afterBinding(DeviceEntry entry, Runnable departure) {
    if (entry.isRemoving() || !entry.tryTurn(TURN_NANOS)) {
      departure.run();
      return;
    }
    try {
      departure.run();
    } finally {
      entry.giveTurn();
    }
  }

  /**
   * A virtual function belongs to whoever has the physical one, if that is a bus driver of VFIO.
   */
  private void overrideVirtualFunction(DeviceEntry entry) {
    if (entry.device instanceof PciDevice pci && pci.physicalFunction().isPresent()) {
      DeviceEntry parent = devices.of(pci.physicalFunction().get());
      if (parent != null && parent.bound() instanceof VfioBound bound) {
        entry.setOverride(bound.driverName());
      }
    }
  }

  private void bindAutomatically(DeviceEntry entry) {
    if (!entry.isAutomatic() || entry.isRemoving() || entry.bound() != null || entry.isGone()) {
      return;
    }
    if (!entry.tryTurn(TURN_NANOS)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} is being bound or unbound for long, nobody else is asked to take it",
          entry);
      return;
    }
    try {
      if (entry.isAutomatic()) {
        binder.bindBest(entry, Binder.HostRule.AT_START);
      }
      if (entry.isGone()) {
        // it vanished, and whoever told us has not waited for so long a probe
        departures.deviceGone(entry);
      }
    } finally {
      entry.giveTurn();
    }
  }

  /** Something came that may make a device bindable: a driver, a parameter. */
  void bindAll() {
    devices.all().forEach(this::bindAutomatically);
  }

  // Drivers.

  void add(VfioBusDriver<?> driver, int ranking, Candidate candidate) {
    departures.bridge().arrive(drivers.add(driver, ranking, candidate));
    bindAll();
    bids.review();
  }

  void remove(VfioBusDriver<?> driver) {
    DriverEntry gone = drivers.remove(driver);
    if (gone != null) {
      for (DeviceEntry entry : devices.all()) {
        afterBinding(entry, () -> departures.driverGone(entry, gone));
      }
      // another version of it may be there already
      drivers.find(gone.bus(), gone.name()).ifPresent(departures.bridge()::arrive);
      bindAll();
    }
  }

  void add(HostDriver driver) {
    drivers.add(driver);
    bindAll();
  }

  void remove(HostDriver driver) {
    HostEntry gone = drivers.remove(driver);
    if (gone != null) {
      for (DeviceEntry entry : devices.all()) {
        afterBinding(entry, () -> departures.hostDriverGone(entry, gone));
      }
    }
  }

  // Administration.

  void bind(String device, String driver) {
    DeviceEntry entry = devices.named(device);
    entry.takeTurn();
    try {
      binder.bindNamed(entry, driver);
      entry.setAutomatic(true);
    } finally {
      entry.giveTurn();
    }
  }

  void unbind(String device) {
    DeviceEntry entry = devices.named(device);
    departures.bridge().giveUp(entry, "it was unbound by hand");
    entry.takeTurn();
    if (entry.bound() == null && entry.lostDriver() == null) {
      entry.giveTurn();
      throw Errno.ENOENT.because("%s is bound to no driver", device);
    }
    entry.setAutomatic(false);
    entry.setLostDriver(null);
    entry.explain("it was unbound by hand", List.of());
    removal.run(entry, Removal.Patience.INTERRUPTIBLE);
  }

  void setOverride(String device, String driver) {
    DeviceEntry entry = devices.named(device);
    entry.setOverride(driver);
    bids.review(entry);
  }

  void probe(String device) {
    DeviceEntry entry = devices.named(device);
    entry.takeTurn();
    try {
      entry.setAutomatic(true);
      binder.bindBest(entry, Binder.HostRule.MATCHES);
    } finally {
      entry.giveTurn();
    }
  }

  void addId(String driver, String id) {
    DriverEntry entry = drivers.named(driver);
    drivers.ids().add(entry, id);
    for (DeviceEntry device : devices.all()) {
      if (device.bound() == null && drivers.ids().match(entry, device.device)) {
        probe(device.name());
      }
    }
  }

  void removeId(String driver, String id) {
    drivers.ids().remove(drivers.named(driver), id);
  }

  // Virtual functions.

  int virtualFunctions(String device) {
    return sriov(devices.named(device)).numVfs();
  }

  private static Sriov sriov(DeviceEntry entry) {
    if (entry.device instanceof PciDevice pci && pci.sriov().isPresent()) {
      return pci.sriov().get();
    }
    throw Errno.ENOENT.because("%s has no virtual functions", entry.name());
  }

  void setVirtualFunctions(String device, int count) {
    DeviceEntry entry = devices.named(device);
    Sriov sriov = sriov(entry);
    if (count < 0 || count > sriov.totalVfs()) {
      throw Errno.ERANGE.because(
          "%s has %d virtual functions, not %d", device, sriov.totalVfs(), count);
    }
    entry.takeTurn();
    try {
      if (count == sriov.numVfs()) {
        return;
      }
      if (!(entry.bound() instanceof VfioBound bound)) {
        throw Errno.ENOENT.because("%s has no driver that makes virtual functions", device);
      }
      if (entry.hold() != null) {
        throw Errno.EBUSY.because("%s waits for its driver", device);
      }
      if (count > 0 && sriov.numVfs() > 0) {
        throw Errno.EBUSY.because("%s has %d virtual functions already", device, sriov.numVfs());
      }
      configure(entry, bound.object().binding(), count);
    } finally {
      entry.giveTurn();
    }
  }

  private static <D> void configure(DeviceEntry entry, Binding<D> binding, int count) {
    SriovOps<D> ops =
        binding
            .sriov()
            .orElseThrow(
                () -> Errno.ENOENT.because("%s makes no virtual functions", binding.who()));
    try {
      ops.configureVirtualFunctions(binding.data(), count);
    } catch (Throwable t) {
      throw Faults.of(t, binding.who(), "changing virtual functions of " + entry.name());
    }
  }
}

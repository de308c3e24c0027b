package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.Explanation.Finding;
import busbar.api.admin.Explanation.Verdict;
import busbar.api.bus.BusDevice;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.memory.PhysicalMemory;
import busbar.registry.DeviceEntry.HostBound;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Gives devices to drivers: to the one that the override names, to the one that an administrator
 * names, or to the highest bidder. Each method is called with the device's turn.
 */
final class Binder {
  private static final System.Logger LOG = System.getLogger(Binder.class.getName());

  private final Drivers drivers;
  private final Groups groups;
  private final DeviceSets sets;
  private final VfioParameters parameters;
  private final PhysicalMemory physicalMemory;
  private final Departures departures;
  private volatile Consumer<BusDevice> idle = device -> {};

  Binder(
      Drivers drivers,
      Groups groups,
      DeviceSets sets,
      VfioParameters parameters,
      PhysicalMemory physicalMemory,
      Departures departures) {
    this.drivers = drivers;
    this.groups = groups;
    this.sets = sets;
    this.parameters = parameters;
    this.physicalMemory = physicalMemory;
    this.departures = departures;
  }

  /** Who wants to know that the last file of a device was closed. */
  void whenIdle(Consumer<BusDevice> told) {
    idle = told;
  }

  /** What makes host drivers take a device that nobody else wants. */
  enum HostRule {
    /** They say that they take it of themselves when the host starts. */
    AT_START,
    /** They match it, and somebody asked for a driver. */
    MATCHES
  }

  /** Lets the drivers bid. Nobody wanting the device, or taking it, is no failure. */
  void bindBest(DeviceEntry entry, HostRule rule) {
    if (entry.bound() != null || entry.isGone()) {
      return;
    }
    List<Finding> findings = new ArrayList<>();
    try {
      if (bindReturned(entry, findings)) {
        return;
      }
      if (entry.override() != null) {
        bindOverridden(entry, findings);
      } else if (!bindBidder(entry, findings)) {
        bindHost(entry, rule, findings);
      }
    } catch (VfioException e) {
      entry.explain(e.because(), findings);
      return;
    }
    entry.explain(
        entry.bound() == null ? "no driver wants it" : "bound to " + entry.bound().driverName(),
        findings);
  }

  /** A driver that went with the device bound gets it back, whatever it would bid now. */
  private boolean bindReturned(DeviceEntry entry, List<Finding> findings) {
    String lost = entry.lostDriver();
    if (lost == null) {
      return false;
    }
    Optional<DriverEntry> driver = drivers.find(entry.device, lost);
    driver.ifPresent(
        back -> {
          attempt(entry, back, findings);
          entry.explain("bound to " + lost, findings);
        });
    return driver.isPresent();
  }

  private void bindOverridden(DeviceEntry entry, List<Finding> findings) {
    String name = entry.override();
    String bus = entry.device.bus();
    Optional<DriverEntry> driver = drivers.find(entry.device, name);
    Optional<HostEntry> host = drivers.findHost(bus, name);
    if (driver.isPresent()) {
      attempt(entry, driver.get(), findings);
    } else if (host.isPresent()) {
      attempt(entry, host.get(), findings);
    } else {
      findings.add(
          new Finding("driver " + name, Verdict.NO, "the override names it, but it is not there"));
      throw Errno.ENOENT.because("its override names %s, which is not there", name);
    }
  }

  private boolean bindBidder(DeviceEntry entry, List<Finding> findings) {
    DriverEntry best = null;
    int highest = 0;
    for (DriverEntry driver : drivers.of(entry.device.bus())) {
      int bid = driver.bid(entry.device);
      if (bid == 0 && drivers.ids().match(driver, entry.device)) {
        findings.add(new Finding(driver.toString(), Verdict.NOTE, "has a dynamic id for it"));
        bid = 1;
      }
      findings.add(
          new Finding(
              driver.toString(), bid > 0 ? Verdict.NOTE : Verdict.NO, "bids " + bid + " for it"));
      if (bid > highest) {
        best = driver;
        highest = bid;
      }
    }
    if (best == null) {
      return false;
    }
    attempt(entry, best, findings);
    return true;
  }

  private void bindHost(DeviceEntry entry, HostRule rule, List<Finding> findings) {
    for (HostEntry host : drivers.hostsOf(entry.device.bus())) {
      if (rule == HostRule.AT_START
          ? host.bindsAtStart(entry.device)
          : host.matches(entry.device)) {
        attempt(entry, host, findings);
        return;
      }
    }
  }

  private void attempt(DeviceEntry entry, DriverEntry driver, List<Finding> findings) {
    try {
      if (!driver.canTake(entry.device)) {
        throw Errno.ENODEV.because("%s cannot take %s", driver, entry.name());
      }
      bind(entry, driver);
      findings.add(new Finding(driver.toString(), Verdict.YES, "took " + entry.name()));
    } catch (VfioException e) {
      findings.add(new Finding(driver.toString(), Verdict.NO, e.getMessage()));
      throw e;
    }
  }

  private void attempt(DeviceEntry entry, HostEntry host, List<Finding> findings) {
    try {
      bind(entry, host);
      findings.add(new Finding(host.toString(), Verdict.YES, "took " + entry.name()));
    } catch (VfioException e) {
      findings.add(new Finding(host.toString(), Verdict.NO, e.getMessage()));
      throw e;
    }
  }

  /**
   * Binds as a write to the driver's {@code bind} does.
   *
   * @throws VfioException {@code ENOENT} no such driver, {@code ENODEV} it may not take the device,
   *     {@code EBUSY} the device is bound or its group is a user's, or what the probe says
   */
  void bindNamed(DeviceEntry entry, String name) {
    String bus = entry.device.bus();
    Optional<DriverEntry> driver = drivers.find(entry.device, name);
    Optional<HostEntry> host = drivers.findHost(bus, name);
    if (driver.isEmpty() && host.isEmpty()) {
      throw Errno.ENOENT.because("bus %s has no driver %s", bus, name);
    }
    if (entry.isGone()) {
      throw Errno.ENODEV.because("%s is gone", entry.name());
    }
    checkAllowed(entry, name, driver, host);
    if (entry.bound() != null) {
      throw Errno.EBUSY.because("%s is bound to %s", entry.name(), entry.bound().driverName());
    }
    List<Finding> findings = new ArrayList<>();
    try {
      if (driver.isPresent()) {
        attempt(entry, driver.get(), findings);
      } else {
        attempt(entry, host.get(), findings);
      }
      entry.explain("bound to " + name, findings);
    } catch (VfioException e) {
      entry.explain(e.because(), findings);
      throw e;
    }
  }

  private void checkAllowed(
      DeviceEntry entry, String name, Optional<DriverEntry> driver, Optional<HostEntry> host) {
    boolean allowed;
    if (entry.override() != null) {
      allowed = entry.override().equals(name);
    } else if (driver.isPresent()) {
      allowed =
          drivers.ids().match(driver.get(), entry.device) || driver.get().bid(entry.device) > 0;
    } else {
      allowed = host.get().matches(entry.device);
    }
    if (!allowed) {
      throw Errno.ENODEV.because(
          "%s does not match %s, whose override is %s", name, entry.name(), entry.override());
    }
  }

  private void bind(DeviceEntry entry, HostEntry host) {
    Ownership owned = null;
    Optional<IommuGroup> group = entry.device.iommuGroup();
    if (host.ownsDma() && group.isPresent() && !entry.device.isEmulated()) {
      owned = groups.ownership(group.get());
      owned.enterHost(entry.name(), host.name());
    }
    entry.setBound(new HostBound(host, owned));
  }

  private void bind(DeviceEntry entry, DriverEntry driver) {
    BusDevice device = entry.device;
    GroupType type = groupType(device);
    IommuGroup group = isolation(device, type);
    DeviceObject object =
        new DeviceObject(device, group, type, sets, physicalMemory, () -> idle.accept(device));
    Binding<?> binding;
    try {
      binding = driver.probe(device, object);
    } catch (RuntimeException | Error e) {
      object.leaveSet();
      discard(group);
      throw e;
    }
    try {
      if (group == null) {
        throw Errno.EINVAL.because(
            "no IOMMU isolates %s, and vfio.enable_unsafe_noiommu_mode is off", device.name());
      }
      object.register(binding, groups);
    } catch (RuntimeException | Error e) {
      Faults.swallow(driver.toString(), "giving back " + device.name(), binding::remove);
      object.leaveSet();
      discard(group);
      throw e;
    }
    if (type == GroupType.NO_IOMMU) {
      LOG.log(
          System.Logger.Level.WARNING,
          "Nothing protects the host from {0}: {1} has it without an IOMMU, the host is tainted",
          device.name(),
          driver.name());
    }
    entry.setLostDriver(null);
    entry.setBound(new VfioBound(driver, object));
    // who removes the driver marks it departed first and looks for bound devices then
    if (driver.hasDeparted()) {
      departures.driverGone(entry, driver);
      throw Errno.ENODEV.because("%s went away while it took %s", driver, device.name());
    }
  }

  private void discard(IommuGroup group) {
    if (group != null) {
      groups.discard(group);
    }
  }

  private static GroupType groupType(BusDevice device) {
    if (device.isEmulated()) {
      return GroupType.EMULATED;
    }
    return device.iommuGroup().isPresent() ? GroupType.IOMMU : GroupType.NO_IOMMU;
  }

  /**
   * The group that the device will be in, {@code null} if nothing isolates it and that is
   * forbidden.
   */
  private IommuGroup isolation(BusDevice device, GroupType type) {
    return switch (type) {
      case IOMMU -> device.iommuGroup().orElseThrow();
      case EMULATED -> groups.synthesize(type, device.name());
      case NO_IOMMU -> parameters.allowsNoIommu() ? groups.synthesize(type, device.name()) : null;
    };
  }
}

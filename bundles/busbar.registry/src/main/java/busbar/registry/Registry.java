package busbar.registry;

import busbar.api.admin.MigrationAdmin;
import busbar.api.admin.VfioAdmin;
import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.HostDriver;
import busbar.api.bus.HostSetup;
import busbar.api.client.Vfio;
import busbar.api.device.ModuleParameters;
import busbar.api.device.VfioBusDriver;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapJournal;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.Swappable;
import busbar.api.time.Timing;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * The VFIO core, assembled. Everything that comes and goes is added and removed by any thread, in
 * any order, at any time.
 */
public final class Registry implements AutoCloseable {
  private final VfioParameters parameters = new VfioParameters();
  private final HostSettings settings = new HostSettings();
  private final Backends backends = new Backends();
  private final Groups groups = new Groups();
  private final Containers containers = new Containers(backends);
  private final SwapRules rules = new SwapRules();
  private final Journal journal = new Journal();
  private final SwapDesk desk = new SwapDesk(rules, journal);
  private final Departures departures;
  private final DriverCore core;
  private final Clients clients;
  private final Administration administration;
  private final MigrationDesk migrations;
  private final Swaps swaps;
  private final Bids bids;

  public Registry(Timing timing, PhysicalMemory physicalMemory) {
    Devices devices = new Devices();
    Drivers drivers = new Drivers();
    Removal removal = new Removal(groups, timing);
    departures = new Departures(devices, drivers, containers, removal, rules, journal, timing);
    Binder binder =
        new Binder(drivers, groups, new DeviceSets(), parameters, physicalMemory, departures);
    DriverSwaps driverSwaps = new DriverSwaps(devices, drivers, rules, journal, departures);
    BackendSwaps backendSwaps =
        new BackendSwaps(containers, backends, departures.backends(), rules, journal);
    bids = new Bids(devices, containers, backends, driverSwaps, backendSwaps, rules);
    swaps = new Swaps(driverSwaps, backendSwaps, rules, bids::review);
    core = new DriverCore(devices, drivers, binder, removal, departures, bids, rules, timing);
    binder.whenIdle(device -> review(devices, device));
    clients = new Clients(physicalMemory, new Nodes(containers, groups));
    Views views = new Views(devices, drivers, groups, containers, backends, clients);
    Explainer explainer = new Explainer(devices, groups, backends, views);
    administration = new Administration(core, views, explainer, settings);
    migrations = new MigrationDesk(devices, clients, settings);
    settings.add(parameters);
    desk.add(swaps);
  }

  /** The last file of a device was closed: who waits for that may have it. */
  private void review(Devices devices, BusDevice device) {
    DeviceEntry entry = devices.of(device);
    if (entry != null && rules.policy() != SwapPolicy.MANUAL) {
      Thread.ofVirtual().name("busbar-bid-" + entry.name()).start(() -> bids.review(entry));
    }
  }

  /** The door for users of devices. */
  public Vfio vfio() {
    return clients;
  }

  public VfioAdmin admin() {
    return administration;
  }

  /** The edge on which operators move devices. */
  public MigrationAdmin migrationAdmin() {
    return migrations;
  }

  /**
   * Runs before each swap that somebody asks for, while operations go on.
   *
   * @param preparation is told the number of the successor's bundle, 0 if it has none
   */
  void beforeSwaps(LongConsumer preparation) {
    desk.beforeSwaps(preparation);
  }

  /** The edge on which operators swap. */
  public SwapAdmin swapAdmin() {
    return desk;
  }

  /** Where records of swaps go. */
  public SwapJournal journal() {
    return journal;
  }

  /** The registry's own places, for who aggregates layers. */
  public Swappable swappable() {
    return swaps;
  }

  /** Another layer in which something can be exchanged came. */
  public void addLayer(Swappable layer) {
    desk.add(layer);
  }

  public void removeLayer(Swappable layer) {
    desk.remove(layer);
  }

  /**
   * Tells when the whole framework stops: then nobody waits for a successor.
   *
   * @param stopping asked whenever a driver or backend goes
   */
  public void stopping(BooleanSupplier stopping) {
    rules.stopping(stopping);
  }

  /** The parameters of module {@code vfio}. */
  public ModuleParameters parameters() {
    return parameters;
  }

  /** As {@link #addDriver(VfioBusDriver, int, Candidate)}, of a program without bundles. */
  public void addDriver(VfioBusDriver<?> driver, int ranking) {
    addDriver(driver, ranking, Candidate.plain(driver.name()));
  }

  /**
   * A bus driver came; devices that waited for it go on, and devices that want it are bound, before
   * this returns.
   */
  public void addDriver(VfioBusDriver<?> driver, int ranking, Candidate candidate) {
    core.add(driver, ranking, candidate);
  }

  /**
   * It goes; it is not called any more for a device that nobody uses when this returns. One that is
   * in use waits for a successor, for as long as the grace period.
   */
  public void removeDriver(VfioBusDriver<?> driver) {
    core.remove(driver);
  }

  /** As {@link #addBackend(VfioIommuDriverOps, int, Candidate)}, of a program without bundles. */
  public void addBackend(VfioIommuDriverOps<?> ops, int ranking) {
    addBackend(ops, ranking, Candidate.plain(ops.name()));
  }

  /** A backend came; containers that waited for it go on before this returns. */
  public void addBackend(VfioIommuDriverOps<?> ops, int ranking, Candidate candidate) {
    departures.backends().arrive(backends.add(ops, ranking, candidate));
    bids.review();
  }

  /** It goes; containers that use it wait for a successor, for as long as the grace period. */
  public void removeBackend(VfioIommuDriverOps<?> ops) {
    BackendEntry<?> gone = backends.remove(ops);
    if (gone != null) {
      departures.backendGone(gone);
      // another version of it may be there already
      backends.inOrder().stream()
          .filter(entry -> entry.name().equals(gone.name()))
          .findFirst()
          .ifPresent(departures.backends()::arrive);
    }
  }

  /**
   * A bus came; its devices are known, and bound as far as drivers are there, before this returns.
   */
  public void addBus(Bus bus) {
    core.add(bus);
  }

  /** It goes and takes its devices with it. */
  public void removeBus(Bus bus) {
    core.remove(bus);
  }

  public void addHostDriver(HostDriver driver) {
    core.add(driver);
  }

  public void removeHostDriver(HostDriver driver) {
    core.remove(driver);
  }

  public void addIommu(Iommu iommu) {
    groups.add(iommu);
  }

  public void removeIommu(Iommu iommu) {
    groups.remove(iommu);
  }

  /** A module with parameters came; the host's setup is applied to it. */
  public void addParameters(ModuleParameters module) {
    settings.add(module);
    core.bindAll();
  }

  public void removeParameters(ModuleParameters module) {
    settings.remove(module);
  }

  /** The host's setup came; it is applied to the modules that are there and to those that come. */
  public void addSetup(HostSetup setup) {
    settings.add(setup);
    core.bindAll();
  }

  public void removeSetup(HostSetup setup) {
    settings.remove(setup);
  }

  /** Every client is closed; nobody waits for a successor any more. */
  @Override
  public void close() {
    rules.stopping(() -> true);
    core.close();
    departures.bridge().close();
    departures.backends().close();
    clients.closeAll();
  }
}

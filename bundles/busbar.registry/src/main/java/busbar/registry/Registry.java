package busbar.registry;

import busbar.api.admin.VfioAdmin;
import busbar.api.bus.Bus;
import busbar.api.bus.HostDriver;
import busbar.api.bus.HostSetup;
import busbar.api.client.Vfio;
import busbar.api.device.ModuleParameters;
import busbar.api.device.VfioBusDriver;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.PhysicalMemory;
import busbar.api.time.Timing;

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
  private final Departures departures;
  private final DriverCore core;
  private final Clients clients;
  private final Administration administration;

  public Registry(Timing timing, PhysicalMemory physicalMemory) {
    Devices devices = new Devices();
    Drivers drivers = new Drivers();
    Removal removal = new Removal(groups, timing);
    departures = new Departures(containers, removal);
    Binder binder =
        new Binder(drivers, groups, new DeviceSets(), parameters, physicalMemory, departures);
    core = new DriverCore(devices, drivers, binder, removal, departures);
    clients = new Clients(physicalMemory, new Nodes(containers, groups));
    Views views = new Views(devices, drivers, groups, containers, backends, clients);
    Explainer explainer = new Explainer(devices, groups, backends, views);
    administration = new Administration(core, views, explainer, settings);
    settings.add(parameters);
  }

  /** The door for users of devices. */
  public Vfio vfio() {
    return clients;
  }

  public VfioAdmin admin() {
    return administration;
  }

  /** The parameters of module {@code vfio}. */
  public ModuleParameters parameters() {
    return parameters;
  }

  /** A bus driver came; devices that want it are bound before this returns. */
  public void addDriver(VfioBusDriver<?> driver, int ranking) {
    core.add(driver, ranking);
  }

  /** It goes; none of its devices is bound to it when this returns. */
  public void removeDriver(VfioBusDriver<?> driver) {
    core.remove(driver);
  }

  public void addBackend(VfioIommuDriverOps<?> ops, int ranking) {
    backends.add(ops, ranking);
  }

  /** It goes; no container uses it when this returns. */
  public void removeBackend(VfioIommuDriverOps<?> ops) {
    BackendEntry<?> gone = backends.remove(ops);
    if (gone != null) {
      departures.backendGone(gone);
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

  /** Every client is closed. */
  @Override
  public void close() {
    clients.closeAll();
  }
}

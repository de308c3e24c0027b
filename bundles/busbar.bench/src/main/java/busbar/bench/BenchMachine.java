package busbar.bench;

import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.StateRecord;
import busbar.api.time.SystemTiming;
import busbar.machine.Machine;
import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.Group;
import busbar.machine.MachineDescription.IommuUnit;
import busbar.machine.MachineGenerator;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import busbar.registry.Registry;
import busbar.spapr.SpaprDriver;
import busbar.type1.Type1Driver;
import busbar.type1.Type1Parameters;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Registry, type1 and a machine of generated devices in this JVM, wired as the framework would wire
 * them. The devices are as little as a device can be: one register block that answers at once.
 */
final class BenchMachine implements AutoCloseable {
  static final String MODEL = "bench";
  static final int VENDOR = 0x1234;
  static final int DEVICE = 0xbe1c;

  final PhysicalMemory memory = new PhysicalMemory();
  final Registry registry;
  final Model model = new Model();

  private final SystemTiming timing = new SystemTiming();
  private final Machine machine;

  /** The device: what it knows is the port that DMA goes through. */
  static final class Model implements DeviceModel {
    volatile ModelContext context;

    @Override
    public long read(int region, long offset, int width) {
      return offset;
    }

    @Override
    public void write(int region, long offset, int width, long value) {}

    @Override
    public void reset() {}

    @Override
    public StateRecord save() {
      return new StateRecord(MODEL, 1, Map.of());
    }

    @Override
    public void restore(StateRecord state) {}

    @Override
    public void resume() {}

    @Override
    public void close() {}
  }

  /**
   * Switches it on.
   *
   * @param devices how many
   * @param driver takes them all
   */
  BenchMachine(int devices, VfioBusDriver<?> driver) {
    this(
        generated(devices),
        new Type1Driver(new Type1Parameters(Defaults.of(Type1Parameters.Config.class))),
        driver);
  }

  private BenchMachine(
      MachineDescription description, VfioIommuDriverOps<?> backend, VfioBusDriver<?> driver) {
    registry = new Registry(timing, memory);
    registry.addBackend(backend, 0);
    registry.addDriver(driver, 0);
    machine = new Machine(description, memory, timing, List.of(factory()));
    machine.iommus().forEach(registry::addIommu);
    machine.buses().forEach(registry::addBus);
  }

  private static MachineDescription generated(int devices) {
    return new MachineGenerator(MODEL, VENDOR, DEVICE, 0x10000).describe(devices);
  }

  /** One device behind DMA windows instead of page tables. */
  static BenchMachine withDmaWindows(VfioBusDriver<?> driver) {
    MachineDescription plain = generated(1);
    IommuUnit windows = new IommuUnit("tce0", "spapr-tce", 0, 1, Set.of());
    Group group = plain.groups().getFirst();
    MachineDescription description =
        new MachineDescription(
            plain.name(),
            plain.arch(),
            plain.kernel(),
            plain.pageSize(),
            List.of(windows),
            plain.aliases(),
            List.of(
                new Group(group.id(), group.type(), windows.name(), List.of(), group.devices())),
            plain.pci(),
            plain.platform(),
            plain.dmaWindows(),
            plain.mediated(),
            plain.parameters(),
            plain.hostDrivers(),
            plain.warnings());
    return new BenchMachine(description, new SpaprDriver(), driver);
  }

  private DeviceModelFactory factory() {
    return new DeviceModelFactory() {
      @Override
      public Set<String> models() {
        return Set.of(MODEL);
      }

      @Override
      public DeviceModel create(ModelContext context) {
        model.context = context;
        return model;
      }
    };
  }

  /** The first device. */
  BusDevice device() {
    return machine.buses().getFirst().devices().getFirst();
  }

  @Override
  public void close() {
    registry.close();
    machine.close();
    timing.close();
  }
}

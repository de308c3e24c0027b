package busbar.pci.migratable;

import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.ClientPolicy;
import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciDevice;
import busbar.api.time.SystemTiming;
import busbar.api.time.VirtualTiming;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import busbar.machine.Machine;
import busbar.machine.MachineDescription;
import busbar.machine.model.DeviceModelFactory;
import busbar.mdev.MdevBus;
import busbar.model.e1000e.E1000eModelFactory;
import busbar.model.edu.EduModelFactory;
import busbar.model.mtty.MttyParent;
import busbar.model.nvme.NvmeModelFactory;
import busbar.model.testdev.TestdevModelFactory;
import busbar.model.vga.VgaModelFactory;
import busbar.model.virtio.VirtioModelFactory;
import busbar.pci.VfioPciDriver;
import busbar.registry.Registry;
import busbar.type1.Type1Driver;
import busbar.type1.Type1Parameters;
import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A host with the PC's devices, whose time the test turns. There can be several in one JVM. */
final class Host implements AutoCloseable {
  static final String EDU = "0000:00:04.0";
  static final String NVME = "0000:04:00.0";
  static final String VGA = "0000:00:02.0";
  static final String NIC = "0000:00:06.0";
  static final String VIRTIO = "0000:01:00.1";
  static final String TESTDEV = "0000:00:05.0";

  private static final int MEMORY_AND_MASTER = 6;

  final VirtualTiming time = new VirtualTiming();
  final Registry registry;
  final Machine machine;
  final MdevBus mediated;
  private final SystemTiming timing = new SystemTiming();
  private final List<DeviceSession> sessions = new ArrayList<>();

  Host() {
    PhysicalMemory memory = new PhysicalMemory();
    registry = new Registry(timing, memory);
    VfioPciDriver driver = new VfioPciDriver(defaults(VfioPciDriver.Config.class));
    registry.addBackend(
        new Type1Driver(new Type1Parameters(defaults(Type1Parameters.Config.class))), 0);
    registry.addDriver(driver, 0);
    registry.addDriver(new MigratableDriver(driver), 0);
    machine = new Machine(MachineDescription.embedded("pc"), memory, time, models());
    machine.hostDrivers().forEach(registry::addHostDriver);
    machine.iommus().forEach(registry::addIommu);
    machine.buses().forEach(registry::addBus);
    mediated =
        MdevBus.standalone(
            (child, properties) -> {
              registry.addDriver(child, 0);
              return () -> registry.removeDriver(child);
            },
            timing,
            0);
    registry.addBus(mediated);
    mediated.addParent(new MttyParent(defaults(MttyParent.Config.class)), Map.of());
  }

  private static List<DeviceModelFactory> models() {
    return List.of(
        new EduModelFactory(defaults(EduModelFactory.Config.class)),
        new NvmeModelFactory(defaults(NvmeModelFactory.Config.class)),
        new VgaModelFactory(),
        new E1000eModelFactory(),
        new VirtioModelFactory(),
        new TestdevModelFactory());
  }

  /** A component's configuration where nothing is configured. */
  static <A extends Annotation> A defaults(Class<A> config) {
    return config.cast(
        Proxy.newProxyInstance(
            config.getClassLoader(),
            new Class<?>[] {config},
            (proxy, method, arguments) -> method.getDefaultValue()));
  }

  /** Gives the device, and all of its group, to the driver and opens it, ready for DMA. */
  DeviceSession open(String device, String driver) {
    VfioAdmin admin = registry.admin();
    int group = admin.device(device).group().orElseThrow();
    admin.devices().stream()
        .filter(view -> view.group().isPresent() && view.group().getAsInt() == group)
        .forEach(view -> bind(admin, view.name(), driver));
    DeviceSession session =
        DeviceSession.open(
            registry.vfio(),
            ClientPolicy.privileged("test"),
            Integer.toString(group),
            device,
            IommuType.TYPE1_V2);
    session.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write16(4, MEMORY_AND_MASTER);
    sessions.add(session);
    return session;
  }

  private static void bind(VfioAdmin admin, String device, String driver) {
    if (admin.device(device).driver().equals(Optional.of(driver))) {
      return;
    }
    if (admin.device(device).driver().isPresent()) {
      admin.unbind(device);
    }
    admin.setOverride(device, driver);
    admin.bind(device, driver);
  }

  /** Opens a child of mtty, which is made if it is not there. */
  DeviceSession openMtty(String uuid) {
    if (mediated.children().isEmpty()) {
      mediated.create("mtty", "mtty-2", uuid);
    }
    int group = registry.admin().device(uuid).group().orElseThrow();
    DeviceSession session =
        DeviceSession.open(
            registry.vfio(),
            ClientPolicy.privileged("test"),
            Integer.toString(group),
            uuid,
            IommuType.TYPE1_V2);
    sessions.add(session);
    return session;
  }

  DeviceSession open(String device) {
    return open(device, "migratable-vfio-pci");
  }

  PciDevice function(String device) {
    return (PciDevice)
        machine.buses().stream()
            .flatMap(bus -> bus.devices().stream())
            .filter(each -> each.name().equals(device))
            .findFirst()
            .orElseThrow();
  }

  @Override
  public void close() {
    sessions.forEach(DeviceSession::close);
    registry.close();
    machine.close();
    timing.close();
  }
}

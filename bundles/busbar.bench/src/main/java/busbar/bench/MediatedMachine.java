package busbar.bench;

import busbar.api.Caller;
import busbar.api.client.ClientPolicy;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.memory.Access;
import busbar.api.memory.PhysicalMemory;
import busbar.api.time.SystemTiming;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import busbar.mdev.MdevBus;
import busbar.registry.Registry;
import busbar.type1.Type1Driver;
import busbar.type1.Type1Parameters;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** Registry, type1 and the mediated bus in this JVM, with one parent. */
final class MediatedMachine implements AutoCloseable {
  final MdevBus bus;

  private final SystemTiming timing = new SystemTiming();
  private final Registry registry = new Registry(timing, new PhysicalMemory());

  /** A parent as little as it can be: a read of a child is one of its user's memory. */
  static final class PlainParent implements MdevParent<VfioDevice> {
    @Override
    public String name() {
      return "plain";
    }

    @Override
    public String path() {
      return "class/plain/plain";
    }

    @Override
    public String deviceApi() {
      return "vfio-pci";
    }

    @Override
    public List<MdevType> types() {
      return List.of(new MdevType("plain-1", "Plain", ""));
    }

    @Override
    public VfioDevice create(MdevType type, String uuid, VfioDevice vfio) {
      return vfio;
    }

    @Override
    public void remove(VfioDevice device) {}

    @Override
    public void open(VfioDevice device, Caller caller) {}

    @Override
    public void release(VfioDevice device) {}

    @Override
    public int read(VfioDevice device, Caller caller, MemorySegment buffer, long offset) {
      device.dmaRw(offset, buffer, Access.READ);
      return (int) buffer.byteSize();
    }
  }

  MediatedMachine(MdevParent<?> parent) {
    registry.addBackend(
        new Type1Driver(new Type1Parameters(Defaults.of(Type1Parameters.Config.class))), 0);
    bus =
        MdevBus.standalone(
            (driver, properties) -> {
              registry.addDriver(driver, 0);
              return () -> registry.removeDriver(driver);
            },
            timing,
            0);
    registry.addBus(bus);
    bus.addParent(parent, Map.of());
  }

  /** Opens a child for a user of its own. */
  DeviceSession open(String uuid) {
    int group = registry.admin().device(uuid).group().orElseThrow();
    return DeviceSession.open(
        registry.vfio(),
        ClientPolicy.privileged("bench"),
        Integer.toString(group),
        uuid,
        IommuType.TYPE1_V2);
  }

  @Override
  public void close() {
    registry.close();
    timing.close();
  }
}

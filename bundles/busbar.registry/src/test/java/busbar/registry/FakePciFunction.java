package busbar.registry;

import busbar.api.iommu.IommuGroup;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A PCI function as far as the core looks at one: name, ids, and virtual functions. Everything else
 * of the large interface is not there.
 */
final class FakePciFunction {
  final List<PciDevice> virtual = new ArrayList<>();
  final PciDevice device;
  private final String name;
  private final IommuGroup group;
  private final FakePciFunction physical;
  private final int totalVfs;
  private final FakePciBus bus;
  private final FakeIommu iommu;

  FakePciFunction(
      String name,
      FakeIommu iommu,
      int groupId,
      FakePciFunction physical,
      int totalVfs,
      FakePciBus bus) {
    this.name = name;
    this.iommu = iommu;
    this.group = iommu.group(groupId);
    this.physical = physical;
    this.totalVfs = totalVfs;
    this.bus = bus;
    this.device =
        (PciDevice)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {PciDevice.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "bus" -> "pci";
                      case "name", "summary", "toString" -> this.name;
                      case "iommuGroup" -> Optional.of(group);
                      case "isEmulated" -> false;
                      case "preferredDriver" -> Optional.empty();
                      case "readConfig" -> config((int) arguments[0]);
                      case "physicalFunction" ->
                          Optional.ofNullable(this.physical).map(function -> function.device);
                      case "sriov" -> sriov();
                      case "hashCode" -> System.identityHashCode(proxy);
                      case "equals" -> proxy == arguments[0];
                      default -> throw new UnsupportedOperationException(method.toString());
                    });
  }

  /** Vendor 1b36, device 0010, subsystem 1af4:1100, class 010802. */
  private static int config(int offset) {
    return switch (offset) {
      case 0 -> 0x0010_1b36;
      case 8 -> 0x0108_0202;
      case 0x2c -> 0x1100_1af4;
      default -> throw new IllegalArgumentException("offset " + offset);
    };
  }

  private Optional<Sriov> sriov() {
    if (totalVfs == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Sriov() {
          @Override
          public int totalVfs() {
            return totalVfs;
          }

          @Override
          public int numVfs() {
            return virtual.size();
          }

          @Override
          public void enable(int count) {
            for (int i = 0; i < count; i++) {
              FakePciFunction function =
                  new FakePciFunction(
                      name + "-vf" + i, iommu, 20 + i, FakePciFunction.this, 0, bus);
              virtual.add(function.device);
              bus.plug(function.device);
            }
          }

          @Override
          public void disable() {
            virtual.forEach(bus::remove);
            virtual.clear();
          }

          @Override
          public List<PciDevice> virtualFunctions() {
            return virtual;
          }
        });
  }
}

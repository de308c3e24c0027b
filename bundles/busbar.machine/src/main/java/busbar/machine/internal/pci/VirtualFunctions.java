package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import busbar.machine.MachineDescription;
import busbar.machine.internal.iommu.SimGroup;
import busbar.machine.internal.iommu.SimIommu;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;

/** SR-IOV of a physical function. */
final class VirtualFunctions implements Sriov, FunctionHardware.Extension {
  private static final int CONTROL = 0x08;
  private static final int NUM_VFS = 0x10;
  private static final int DEVICE_ID = 0x1a;
  private static final int ENABLE = 0x01;
  private static final int MEMORY_SPACE = 0x08;

  private final PciFunction physical;
  private final FunctionHardware hardware;
  private final PciBus bus;
  private final MachineDescription.Function description;
  private final int capability;
  private final List<PciFunction> functions = new CopyOnWriteArrayList<>();
  private final Object changeLock = new Object();

  VirtualFunctions(PciFunction physical, PciBus bus) {
    this.physical = physical;
    this.bus = bus;
    this.hardware = physical.hardware();
    this.description = hardware.description();
    this.capability = hardware.capabilities().findExtended(Capabilities.EXT_SRIOV);
  }

  int deviceId() {
    return hardware.config().read(capability + DEVICE_ID, 2);
  }

  @Override
  public int totalVfs() {
    return description.totalVfs();
  }

  @Override
  public int numVfs() {
    return functions.size();
  }

  @Override
  public void enable(int count) {
    List<PciFunction> made = new ArrayList<>();
    synchronized (changeLock) {
      if (!functions.isEmpty()) {
        throw Errno.EBUSY.because(
            "%s has %d virtual functions enabled already", physical.name(), functions.size());
      }
      if (count < 1 || count > totalVfs() || count > description.virtualFunctions().size()) {
        throw Errno.ERANGE.because(
            "%s has %d virtual functions, not %d", physical.name(), totalVfs(), count);
      }
      physical.writeConfig(capability + NUM_VFS, 2, count);
      int control = hardware.config().read(capability + CONTROL, 2);
      physical.writeConfig(capability + CONTROL, 2, control | ENABLE | MEMORY_SPACE);
      for (int i = 0; i < count; i++) {
        made.add(function(description.virtualFunctions().get(i)));
      }
      functions.addAll(made);
    }
    made.forEach(
        each -> {
          bus.add(each);
          each.host().update(); // a model that came before it was on the bus has not found it
        });
  }

  /** A function does not come back. */
  static void dissolveGroup(PciFunction function) {
    if (function.group() instanceof SimGroup group) {
      ((SimIommu) group.iommu().orElseThrow()).removeGroup(group);
    }
  }

  /** A function has vanished by itself. */
  void lost(PciFunction function) {
    functions.remove(function);
  }

  /** It is there again. */
  void regained(PciFunction function) {
    functions.add(function);
  }

  private PciFunction function(MachineDescription.Function virtual) {
    SimGroup group = group(virtual);
    return new PciFunction(
        hardware.board(), bus, virtual, physical.parent(), physical, group, Optional.empty());
  }

  /** A group of its own: virtual functions are isolated from each other. */
  private SimGroup group(MachineDescription.Function virtual) {
    if (!(physical.group() instanceof SimGroup above) || above.iommu().isEmpty()) {
      return null;
    }
    SimIommu iommu = (SimIommu) above.iommu().get();
    OptionalInt wanted = virtual.iommuGroup();
    int id =
        wanted.isPresent()
            ? wanted.getAsInt()
            : iommu.groups().stream().mapToInt(busbar.api.iommu.IommuGroup::id).max().orElse(-1)
                + 1;
    SimGroup group =
        new SimGroup(
            id, above.type(), above.reserved(), List.of(virtual.address().toString()), iommu);
    iommu.addGroups(List.of(group));
    return group;
  }

  @Override
  public void disable() {
    List<PciFunction> leaving;
    synchronized (changeLock) {
      leaving = new ArrayList<>(functions).reversed();
    }
    for (PciFunction function : leaving) {
      bus.remove(function);
      function.leave();
      dissolveGroup(function);
    }
    bus.forgetVirtual(physical);
    synchronized (changeLock) {
      functions.removeAll(leaving);
      int control = hardware.config().read(capability + CONTROL, 2);
      physical.writeConfig(capability + CONTROL, 2, control & ~(ENABLE | MEMORY_SPACE));
      physical.writeConfig(capability + NUM_VFS, 2, 0);
    }
  }

  @Override
  public List<PciDevice> virtualFunctions() {
    return List.copyOf(functions);
  }

  /**
   * The capability may have been written: virtual functions answer as its control register says.
   */
  @Override
  public void configWritten(int offset) {
    if (offset >= capability + CONTROL && offset < capability + CONTROL + 4) {
      lend();
    }
  }

  private void lend() {
    int control = hardware.config().read(capability + CONTROL, 2);
    boolean answers = (control & (ENABLE | MEMORY_SPACE)) == (ENABLE | MEMORY_SPACE);
    functions.forEach(function -> function.hardware().decoding().lendMemory(answers));
  }

  /** The physical function was reset, and with it the virtual ones. */
  @Override
  public void reset() {
    functions.forEach(function -> function.hardware().reset());
    lend();
  }
}

package busbar.machine.internal.tce;

import busbar.api.Errno;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup;
import busbar.api.pci.PciAddress;
import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.DmaWindow;
import busbar.machine.MachineDescription.IommuFeature;
import busbar.machine.internal.iommu.Faults;
import busbar.machine.internal.iommu.NodePool;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The IOMMU of POWER host bridges: no page tables that can be exchanged, but a few DMA windows for
 * each group, each with its table.
 */
public final class TceIommu implements Iommu {
  public static final String KIND = "spapr-tce";

  private static final long MAX_TABLE_BYTES = 4L << 30;
  private static final long FIRST_LIOBN = 0x8000_0000L;

  /** Where the 32-bit range of registers starts on bare metal: the window ends there. */
  private static final long BARE_METAL_WINDOW = 2L << 30;

  private final String name;
  private final MachineDescription machine;
  private final boolean handlesErrors;
  private final boolean bareMetal;
  private final List<TceGroup> groups = new CopyOnWriteArrayList<>();
  private final Faults faults = new Faults();
  private final NodePool pool = new NodePool(MAX_TABLE_BYTES);

  /** The hardware; error handling and levels of tables are what tells bare metal apart. */
  public TceIommu(MachineDescription.IommuUnit unit, MachineDescription machine) {
    this.name = unit.name();
    this.machine = machine;
    this.handlesErrors = unit.features().contains(IommuFeature.EEH);
    this.bareMetal = handlesErrors || unit.levels() > 1;
  }

  /** Makes a group as the description has it. */
  public TceGroup addGroup(MachineDescription.Group group) {
    DmaWindow window = window(group);
    WindowRules rules =
        bareMetal
            ? new PowerNvRules(window.start(), machine.pageSize())
            : new PSeriesRules(window.start(), window.size());
    TceGroup made =
        new TceGroup(this, group, window, rules, handlesErrors ? new ErrorEndpoint() : null);
    groups.add(made);
    return made;
  }

  /** The default window of a group: that of its host bridge, whose number is in the handle. */
  private DmaWindow window(MachineDescription.Group group) {
    List<DmaWindow> windows = machine.dmaWindows();
    for (String device : group.devices()) {
      long liobn = FIRST_LIOBN | (long) domain(device) << 8;
      for (DmaWindow window : windows) {
        if (window.liobn() == liobn) {
          return window;
        }
      }
    }
    return windows.isEmpty() ? new DmaWindow(0, 0, BARE_METAL_WINDOW) : windows.getFirst();
  }

  private static int domain(String device) {
    try {
      return PciAddress.parse(device).domain();
    } catch (IllegalArgumentException noPciDevice) {
      return 0;
    }
  }

  NodePool pool() {
    return pool;
  }

  void report(IommuFault fault) {
    faults.report(fault);
  }

  /** Pages that tables take now. */
  public int tablePages() {
    return pool.taken();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public List<IommuGroup> groups() {
    return groups.stream()
        .sorted(Comparator.comparingInt(TceGroup::id))
        .map(IommuGroup.class::cast)
        .toList();
  }

  @Override
  public IommuDomain allocateDomain() {
    throw Errno.ENODEV.because("%s has DMA windows and no page tables to attach", name);
  }

  @Override
  public boolean isolatesMessages() {
    return true;
  }

  @Override
  public void addFaultListener(FaultListener listener) {
    faults.add(listener);
  }

  @Override
  public void removeFaultListener(FaultListener listener) {
    faults.remove(listener);
  }

  @Override
  public List<IommuFault> recentFaults() {
    return faults.recent();
  }
}

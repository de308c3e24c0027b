package busbar.machine.internal.iommu;

import busbar.api.Errno;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** IOMMU hardware with page tables: VT-d, SMMUv3. */
public class SimIommu implements Iommu {
  private static final long MAX_TABLE_BYTES = 4L << 30;

  private final String name;
  private final IommuHardware hardware;
  private final List<SimGroup> groups = new CopyOnWriteArrayList<>();
  private final Faults faults = new Faults();
  private final NodePool pool = new NodePool(MAX_TABLE_BYTES);

  public SimIommu(String name, IommuHardware hardware) {
    this.name = name;
    this.hardware = hardware;
  }

  /** Adds groups while the machine is made, or for virtual functions. */
  public void addGroups(List<SimGroup> added) {
    groups.addAll(added);
  }

  public void removeGroup(SimGroup group) {
    groups.remove(group);
  }

  IommuHardware hardware() {
    return hardware;
  }

  void report(IommuFault fault) {
    faults.report(fault);
  }

  /** Pages that page tables take now. */
  public int tablePages() {
    return pool.taken();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String kind() {
    return hardware.kind();
  }

  @Override
  public List<IommuGroup> groups() {
    return groups.stream()
        .sorted(Comparator.comparingInt(SimGroup::id))
        .map(IommuGroup.class::cast)
        .toList();
  }

  @Override
  public IommuDomain allocateDomain() {
    if (hardware.pageSizes() == 0) {
      throw Errno.ENODEV.because("%s is of kind %s and has no page tables", name, kind());
    }
    return new SimDomain(this, new PageTable(pool, hardware.addressBits(), hardware.pageSizes()));
  }

  @Override
  public boolean isolatesMessages() {
    return hardware.isolatesMessages();
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

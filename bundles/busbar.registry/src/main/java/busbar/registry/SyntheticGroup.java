package busbar.registry;

import busbar.api.device.GroupType;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.ReservedRegion;
import java.util.List;
import java.util.Optional;

/** An IOMMU group without an IOMMU, for one device: mediated, or unprotected. */
final class SyntheticGroup implements IommuGroup {
  /** What the kernel calls every group that VFIO made itself. */
  static final String NAME = "vfio-noiommu";

  private final GroupType type;
  private final String device;
  private volatile int id;

  SyntheticGroup(GroupType type, String device, int id) {
    this.type = type;
    this.device = device;
    this.id = id;
  }

  GroupType groupType() {
    return type;
  }

  /** A real group with the same number appeared before anybody had opened this one. */
  void renumber(int changed) {
    id = changed;
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public String type() {
    return "unknown";
  }

  @Override
  public List<String> devices() {
    return List.of(device);
  }

  @Override
  public List<ReservedRegion> reserved() {
    return List.of();
  }

  @Override
  public Optional<Iommu> iommu() {
    return Optional.empty();
  }

  @Override
  public Optional<IommuDomain> domain() {
    return Optional.empty();
  }

  @Override
  public void setOwner(Owner owner) {
    // nothing isolates it: there is no DMA to hand over
  }
}

package busbar.registry;

import busbar.api.Errno;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.ReservedRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** IOMMU hardware that only has groups. */
final class FakeIommu implements Iommu {
  private final List<IommuGroup> groups = new ArrayList<>();

  /** A group that remembers its owner. */
  final class FakeGroup implements IommuGroup {
    final List<String> devices = new ArrayList<>();
    private final int id;
    volatile Owner owner = Owner.HOST;
    volatile IommuDomain foreign;

    FakeGroup(int id) {
      this.id = id;
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public String type() {
      return "DMA";
    }

    @Override
    public List<String> devices() {
      return devices;
    }

    @Override
    public List<ReservedRegion> reserved() {
      return List.of();
    }

    @Override
    public Optional<Iommu> iommu() {
      return Optional.of(FakeIommu.this);
    }

    @Override
    public Optional<IommuDomain> domain() {
      return Optional.ofNullable(foreign);
    }

    @Override
    public void setOwner(Owner changed) {
      owner = changed;
    }
  }

  FakeGroup group(int id) {
    FakeGroup group = new FakeGroup(id);
    groups.add(group);
    return group;
  }

  @Override
  public String name() {
    return "fake0";
  }

  @Override
  public String kind() {
    return "fake";
  }

  @Override
  public List<IommuGroup> groups() {
    return groups;
  }

  @Override
  public IommuDomain allocateDomain() {
    throw Errno.ENODEV.because("%s has no domains", name());
  }

  @Override
  public boolean isolatesMessages() {
    return true;
  }

  @Override
  public void addFaultListener(FaultListener listener) {}

  @Override
  public void removeFaultListener(FaultListener listener) {}

  @Override
  public List<IommuFault> recentFaults() {
    return List.of();
  }
}

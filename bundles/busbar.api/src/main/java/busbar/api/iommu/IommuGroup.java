package busbar.api.iommu;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The smallest set of devices that the hardware can isolate. Identity counts: one object for each
 * group.
 */
@ConsumerType
public interface IommuGroup {
  /** The number that names its node. */
  int id();

  /** {@code "DMA"}, {@code "unknown"}, … as {@code iommu_group/type} shows it. */
  String type();

  /** Names of the member devices on their buses. */
  List<String> devices();

  /** Ranges of addresses that must not be mapped, sorted. */
  List<ReservedRegion> reserved();

  /** The hardware; empty for a synthetic group. */
  Optional<Iommu> iommu();

  /** The IOMMU domain that it is attached to by VFIO, if any. */
  Optional<IommuDomain> domain();

  /**
   * Who drives DMA of the group. While {@code USER}, DMA is blocked unless a domain is attached;
   * while {@code HOST}, it goes where the host's drivers want it.
   */
  void setOwner(Owner owner);

  /** See {@link #setOwner}. */
  enum Owner {
    HOST,
    USER
  }

  /** The TCE tables of the group, where the hardware is sPAPR. */
  default Optional<TceTableGroup> tceTableGroup() {
    return Optional.empty();
  }

  /** The error-handling endpoint of the group, where the platform has EEH. */
  default Optional<EehPe> eeh() {
    return Optional.empty();
  }
}

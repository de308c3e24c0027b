package busbar.client;

import busbar.uapi.VfioHeader;

/** The kinds of IOMMU backend that a container can choose. */
public enum IommuType {
  /** Type1 with the exact unmap rules; what to use on x86 and Arm. */
  TYPE1_V2(VfioHeader.VFIO_TYPE1v2_IOMMU),
  /** Type1 with the old unmap rules. */
  TYPE1(VfioHeader.VFIO_TYPE1_IOMMU),
  /** POWER with memory registered beforehand and dynamic windows. */
  SPAPR_TCE_V2(VfioHeader.VFIO_SPAPR_TCE_v2_IOMMU),
  /** POWER, the first version. */
  SPAPR_TCE(VfioHeader.VFIO_SPAPR_TCE_IOMMU),
  /** No isolation at all; only where the operator allows it. */
  NO_IOMMU(VfioHeader.VFIO_NOIOMMU_IOMMU);

  private final int id;

  IommuType(int id) {
    this.id = id;
  }

  /** The id of {@code VFIO_SET_IOMMU} and {@code VFIO_CHECK_EXTENSION}. */
  public int id() {
    return id;
  }
}

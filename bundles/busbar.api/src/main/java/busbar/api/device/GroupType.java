package busbar.api.device;

/** What isolates a group. */
public enum GroupType {
  /** A hardware IOMMU. */
  IOMMU,
  /** Nothing in hardware: a mediated device reaches memory only through the core. */
  EMULATED,
  /**
   * Nothing at all. There are such groups only while a backend answers {@code
   * VFIO_CHECK_EXTENSION(VFIO_NOIOMMU_IOMMU)} with more than 0, which the one called {@code
   * vfio-noiommu} does when it is told to.
   */
  NO_IOMMU
}

package busbar.api.device;

/** What isolates a group. */
public enum GroupType {
  /** A hardware IOMMU. */
  IOMMU,
  /** Nothing in hardware: a mediated device reaches memory only through the core. */
  EMULATED,
  /**
   * Nothing at all. There are such groups only while {@code vfio.enable_unsafe_noiommu_mode} is on;
   * the backend called {@code vfio-noiommu} serves them alone.
   */
  NO_IOMMU
}

package busbar.api.device;

/** What isolates a group. */
public enum GroupType {
  /** A hardware IOMMU. */
  IOMMU,
  /** Nothing in hardware: a mediated device reaches memory only through the core. */
  EMULATED,
  /** Nothing at all. */
  NO_IOMMU
}

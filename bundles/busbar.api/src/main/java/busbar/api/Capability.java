package busbar.api;

/** What a client may do beyond the ordinary: the process capabilities that VFIO asks for. */
public enum Capability {
  /** {@code CAP_IPC_LOCK}: pins memory beyond the locked-memory limit. */
  IPC_LOCK,
  /** {@code CAP_SYS_RAWIO}: opens devices that no IOMMU isolates. */
  SYS_RAWIO,
  /** {@code CAP_SYS_ADMIN}. */
  SYS_ADMIN,
  /** {@code CAP_SYS_RESOURCE}: changes accounting modes. */
  SYS_RESOURCE
}

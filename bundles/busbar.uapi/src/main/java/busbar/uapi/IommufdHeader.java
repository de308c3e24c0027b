package busbar.uapi;

/**
 * The constants of {@code <linux/iommufd.h>} under their kernel names, meant for static import.
 *
 * <p>A request is {@code IOMMUFD_TYPE << 8 | IOMMUFD_CMD_x}; its argument starts with the size of
 * the struct in bytes. A flag or a reserved field that the kernel does not know is EOPNOTSUPP.
 */
public final class IommufdHeader {

  // Ioctl numbering

  /** Type byte of every ioctl, shared with VFIO. */
  public static final int IOMMUFD_TYPE = ';';

  /** Number of the first ioctl, above all of VFIO's: one file can take both. */
  public static final int IOMMUFD_CMD_BASE = 0x80;

  public static final int IOMMUFD_CMD_DESTROY = 0x80;
  public static final int IOMMUFD_CMD_IOAS_ALLOC = 0x81;
  public static final int IOMMUFD_CMD_IOAS_ALLOW_IOVAS = 0x82;
  public static final int IOMMUFD_CMD_IOAS_COPY = 0x83;
  public static final int IOMMUFD_CMD_IOAS_IOVA_RANGES = 0x84;
  public static final int IOMMUFD_CMD_IOAS_MAP = 0x85;
  public static final int IOMMUFD_CMD_IOAS_UNMAP = 0x86;
  public static final int IOMMUFD_CMD_OPTION = 0x87;
  public static final int IOMMUFD_CMD_VFIO_IOAS = 0x88;
  public static final int IOMMUFD_CMD_HWPT_ALLOC = 0x89;
  public static final int IOMMUFD_CMD_GET_HW_INFO = 0x8a;
  public static final int IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING = 0x8b;
  public static final int IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP = 0x8c;
  public static final int IOMMUFD_CMD_HWPT_INVALIDATE = 0x8d;
  public static final int IOMMUFD_CMD_FAULT_QUEUE_ALLOC = 0x8e;
  public static final int IOMMUFD_CMD_IOAS_MAP_FILE = 0x8f;
  public static final int IOMMUFD_CMD_VIOMMU_ALLOC = 0x90;
  public static final int IOMMUFD_CMD_VDEVICE_ALLOC = 0x91;
  public static final int IOMMUFD_CMD_IOAS_CHANGE_PROCESS = 0x92;
  public static final int IOMMUFD_CMD_VEVENTQ_ALLOC = 0x93;
  public static final int IOMMUFD_CMD_HW_QUEUE_ALLOC = 0x94;
  public static final int IOMMUFD_CMD_IOAS_NOIOMMU_GET_PA = 0x95;

  // Objects
  public static final int IOMMU_DESTROY = 0x3b80;

  // I/O address spaces
  public static final int IOMMU_IOAS_ALLOC = 0x3b81;
  public static final int IOMMU_IOAS_IOVA_RANGES = 0x3b84;
  public static final int IOMMU_IOAS_ALLOW_IOVAS = 0x3b82;
  public static final int IOMMU_IOAS_MAP = 0x3b85;
  public static final int IOMMU_IOAS_NOIOMMU_GET_PA = 0x3b95;
  public static final int IOMMU_IOAS_MAP_FILE = 0x3b8f;
  public static final int IOMMU_IOAS_COPY = 0x3b83;
  public static final int IOMMU_IOAS_UNMAP = 0x3b86;
  public static final int IOMMU_IOAS_CHANGE_PROCESS = 0x3b92;
  public static final int IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0;
  public static final int IOMMU_IOAS_MAP_WRITEABLE = 1 << 1;
  public static final int IOMMU_IOAS_MAP_READABLE = 1 << 2;

  // Options
  public static final int IOMMU_OPTION = 0x3b87;
  public static final int IOMMU_OPTION_RLIMIT_MODE = 0;
  public static final int IOMMU_OPTION_HUGE_PAGES = 1;
  public static final int IOMMU_OPTION_OP_SET = 0;
  public static final int IOMMU_OPTION_OP_GET = 1;

  // The address space of VFIO container emulation
  public static final int IOMMU_VFIO_IOAS = 0x3b88;
  public static final int IOMMU_VFIO_IOAS_GET = 0;
  public static final int IOMMU_VFIO_IOAS_SET = 1;
  public static final int IOMMU_VFIO_IOAS_CLEAR = 2;

  // Hardware page tables
  public static final int IOMMU_HWPT_ALLOC = 0x3b89;
  public static final int IOMMU_HWPT_ALLOC_NEST_PARENT = 1 << 0;
  public static final int IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 1 << 1;
  public static final int IOMMU_HWPT_ALLOC_PASID = 1 << 3;
  public static final int IOMMU_HWPT_FAULT_ID_VALID = 1 << 2;
  public static final int IOMMU_HWPT_DATA_NONE = 0;
  public static final int IOMMU_HWPT_DATA_VTD_S1 = 1;
  public static final int IOMMU_HWPT_DATA_ARM_SMMUV3 = 2;
  public static final int IOMMU_HWPT_DATA_AMD_GUEST = 3;
  public static final int IOMMU_VTD_S1_SRE = 1 << 0;
  public static final int IOMMU_VTD_S1_EAFE = 1 << 1;
  public static final int IOMMU_VTD_S1_WPE = 1 << 2;

  // Hardware information
  public static final int IOMMU_GET_HW_INFO = 0x3b8a;
  public static final int IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 << 0;
  public static final int IOMMU_HW_INFO_TYPE_NONE = 0;

  /** As input: whatever the hardware has. */
  public static final int IOMMU_HW_INFO_TYPE_DEFAULT = 0;

  public static final int IOMMU_HW_INFO_TYPE_INTEL_VTD = 1;
  public static final int IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2;
  public static final int IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3;
  public static final int IOMMU_HW_INFO_TYPE_AMD = 4;
  public static final int IOMMU_HW_CAP_DIRTY_TRACKING = 1 << 0;
  public static final int IOMMU_HW_CAP_PCI_PASID_EXEC = 1 << 1;
  public static final int IOMMU_HW_CAP_PCI_PASID_PRIV = 1 << 2;

  /** The device cannot cache translations, whatever its configuration space says. */
  public static final int IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3;

  public static final int IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17 = 1 << 0;
  public static final int IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI = 1 << 0;

  // Dirty tracking
  public static final int IOMMU_HWPT_SET_DIRTY_TRACKING = 0x3b8b;
  public static final int IOMMU_HWPT_DIRTY_TRACKING_ENABLE = 1 << 0;
  public static final int IOMMU_HWPT_GET_DIRTY_BITMAP = 0x3b8c;
  public static final int IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR = 1 << 0;

  // Invalidation of user-managed caches
  public static final int IOMMU_HWPT_INVALIDATE = 0x3b8d;

  /** Entries are {@link IommuHwptVtdS1Invalidate}. */
  public static final int IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0;

  /** Entries are {@link IommuViommuArmSmmuv3Invalidate}. */
  public static final int IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1;

  public static final int IOMMU_VTD_INV_FLAGS_LEAF = 1 << 0;

  // I/O page faults
  public static final int IOMMU_FAULT_QUEUE_ALLOC = 0x3b8e;
  public static final int IOMMU_PGFAULT_FLAGS_PASID_VALID = 1 << 0;
  public static final int IOMMU_PGFAULT_FLAGS_LAST_PAGE = 1 << 1;
  public static final int IOMMU_PGFAULT_PERM_READ = 1 << 0;
  public static final int IOMMU_PGFAULT_PERM_WRITE = 1 << 1;
  public static final int IOMMU_PGFAULT_PERM_EXEC = 1 << 2;
  public static final int IOMMU_PGFAULT_PERM_PRIV = 1 << 3;
  public static final int IOMMUFD_PAGE_RESP_SUCCESS = 0;
  public static final int IOMMUFD_PAGE_RESP_INVALID = 1;

  // Virtual IOMMUs
  public static final int IOMMU_VIOMMU_ALLOC = 0x3b90;
  public static final int IOMMU_VIOMMU_TYPE_DEFAULT = 0;
  public static final int IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1;
  public static final int IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2;
  public static final int IOMMU_VDEVICE_ALLOC = 0x3b91;
  public static final int IOMMU_VEVENTQ_ALLOC = 0x3b93;
  public static final int IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1 << 0;
  public static final int IOMMU_VEVENTQ_TYPE_DEFAULT = 0;
  public static final int IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1;
  public static final int IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2;
  public static final int IOMMU_HW_QUEUE_ALLOC = 0x3b94;
  public static final int IOMMU_HW_QUEUE_TYPE_DEFAULT = 0;
  public static final int IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1;

  private IommufdHeader() {}
}

package busbar.uapi;

/**
 * The constants of {@code <linux/vfio.h>} under their kernel names, meant for static import.
 *
 * <p>Ioctl numbers carry neither direction nor size: a request is {@code VFIO_TYPE << 8 | VFIO_BASE
 * + n}, and which file it is sent to decides its meaning (several share a number, {@link IoctlName}
 * tells them apart). 32-bit masks with the top bit set are negative ints.
 */
public final class VfioHeader {

  // API version and ioctl numbering
  public static final int VFIO_API_VERSION = 0;

  /** Type byte of every ioctl, shared with iommufd. */
  public static final int VFIO_TYPE = ';';

  /** Number of the first ioctl. */
  public static final int VFIO_BASE = 100;

  // Extensions (CHECK_EXTENSION) and IOMMU types (SET_IOMMU)
  public static final int VFIO_TYPE1_IOMMU = 1;
  public static final int VFIO_SPAPR_TCE_IOMMU = 2;
  public static final int VFIO_TYPE1v2_IOMMU = 3;

  /** Extension: all DMA of the container is cache coherent. */
  public static final int VFIO_DMA_CC_IOMMU = 4;

  /** Extension: error handling of sPAPR. */
  public static final int VFIO_EEH = 5;

  public static final int __VFIO_RESERVED_TYPE1_NESTING_IOMMU = 6;
  public static final int VFIO_SPAPR_TCE_v2_IOMMU = 7;
  public static final int VFIO_NOIOMMU_IOMMU = 8;

  /** Extension: {@link #VFIO_DMA_UNMAP_FLAG_ALL}. */
  public static final int VFIO_UNMAP_ALL = 9;

  /** Extension: {@link #VFIO_DMA_UNMAP_FLAG_VADDR} and {@link #VFIO_DMA_MAP_FLAG_VADDR}. */
  public static final int VFIO_UPDATE_VADDR = 10;

  // Container ioctls
  public static final int VFIO_GET_API_VERSION = 0x3b64;

  /** Takes an extension or IOMMU type as immediate value; 0 means no. */
  public static final int VFIO_CHECK_EXTENSION = 0x3b65;

  /** Takes an IOMMU type as immediate value. */
  public static final int VFIO_SET_IOMMU = 0x3b66;

  // Group ioctls
  public static final int VFIO_GROUP_GET_STATUS = 0x3b67;
  public static final int VFIO_GROUP_FLAGS_VIABLE = 1 << 0;
  public static final int VFIO_GROUP_FLAGS_CONTAINER_SET = 1 << 1;

  /** Takes the address of an int, the file descriptor of a container. */
  public static final int VFIO_GROUP_SET_CONTAINER = 0x3b68;

  public static final int VFIO_GROUP_UNSET_CONTAINER = 0x3b69;

  /** Takes the address of the device's name, ended by a zero byte; returns a file descriptor. */
  public static final int VFIO_GROUP_GET_DEVICE_FD = 0x3b6a;

  // Device information
  public static final int VFIO_DEVICE_GET_INFO = 0x3b6b;
  public static final int VFIO_DEVICE_FLAGS_RESET = 1 << 0;
  public static final int VFIO_DEVICE_FLAGS_PCI = 1 << 1;
  public static final int VFIO_DEVICE_FLAGS_PLATFORM = 1 << 2;
  public static final int VFIO_DEVICE_FLAGS_AMBA = 1 << 3;
  public static final int VFIO_DEVICE_FLAGS_CCW = 1 << 4;
  public static final int VFIO_DEVICE_FLAGS_AP = 1 << 5;
  public static final int VFIO_DEVICE_FLAGS_FSL_MC = 1 << 6;
  public static final int VFIO_DEVICE_FLAGS_CAPS = 1 << 7;
  public static final int VFIO_DEVICE_FLAGS_CDX = 1 << 8;
  public static final int VFIO_DEVICE_INFO_CAP_ZPCI_BASE = 1;
  public static final int VFIO_DEVICE_INFO_CAP_ZPCI_GROUP = 2;
  public static final int VFIO_DEVICE_INFO_CAP_ZPCI_UTIL = 3;
  public static final int VFIO_DEVICE_INFO_CAP_ZPCI_PFIP = 4;
  public static final int VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP = 5;

  // Flags of the device capability VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
  public static final int VFIO_PCI_ATOMIC_COMP32 = 1 << 0;
  public static final int VFIO_PCI_ATOMIC_COMP64 = 1 << 1;
  public static final int VFIO_PCI_ATOMIC_COMP128 = 1 << 2;

  // Device APIs, as mediated devices name them in sysfs
  public static final String VFIO_DEVICE_API_PCI_STRING = "vfio-pci";
  public static final String VFIO_DEVICE_API_PLATFORM_STRING = "vfio-platform";
  public static final String VFIO_DEVICE_API_AMBA_STRING = "vfio-amba";
  public static final String VFIO_DEVICE_API_CCW_STRING = "vfio-ccw";
  public static final String VFIO_DEVICE_API_AP_STRING = "vfio-ap";

  // Regions
  public static final int VFIO_DEVICE_GET_REGION_INFO = 0x3b6c;
  public static final int VFIO_REGION_INFO_FLAG_READ = 1 << 0;
  public static final int VFIO_REGION_INFO_FLAG_WRITE = 1 << 1;
  public static final int VFIO_REGION_INFO_FLAG_MMAP = 1 << 2;
  public static final int VFIO_REGION_INFO_FLAG_CAPS = 1 << 3;
  public static final int VFIO_REGION_INFO_CAP_SPARSE_MMAP = 1;
  public static final int VFIO_REGION_INFO_CAP_TYPE = 2;

  /** Nothing but a header: the MSI-X table may be mapped with the rest of the BAR. */
  public static final int VFIO_REGION_INFO_CAP_MSIX_MAPPABLE = 3;

  public static final int VFIO_REGION_INFO_CAP_NVLINK2_SSATGT = 4;
  public static final int VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD = 5;

  // Region types; each has subtypes of its own

  /** Set if the low 16 bits of a type are a PCI vendor id. */
  public static final int VFIO_REGION_TYPE_PCI_VENDOR_TYPE = 1 << 31;

  public static final int VFIO_REGION_TYPE_PCI_VENDOR_MASK = 0xffff;
  public static final int VFIO_REGION_TYPE_GFX = 1;
  public static final int VFIO_REGION_TYPE_CCW = 2;
  public static final int VFIO_REGION_TYPE_MIGRATION_DEPRECATED = 3;

  // Region subtypes of PCI vendors 0x8086 (Intel), 0x10de (NVIDIA), 0x1014 (IBM)
  public static final int VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION = 1;
  public static final int VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG = 2;
  public static final int VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG = 3;
  public static final int VFIO_REGION_SUBTYPE_NVIDIA_NVLINK2_RAM = 1;
  public static final int VFIO_REGION_SUBTYPE_IBM_NVLINK2_ATSD = 1;

  // Region subtypes of VFIO_REGION_TYPE_GFX, and the link states of its EDID
  public static final int VFIO_REGION_SUBTYPE_GFX_EDID = 1;
  public static final int VFIO_DEVICE_GFX_LINK_STATE_UP = 1;
  public static final int VFIO_DEVICE_GFX_LINK_STATE_DOWN = 2;

  // Region subtypes of VFIO_REGION_TYPE_CCW
  public static final int VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD = 1;
  public static final int VFIO_REGION_SUBTYPE_CCW_SCHIB = 2;
  public static final int VFIO_REGION_SUBTYPE_CCW_CRW = 3;

  // Migration region of protocol v1 (no kernel driver uses it any more)
  public static final int VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED = 1;
  public static final int VFIO_DEVICE_STATE_V1_STOP = 0;
  public static final int VFIO_DEVICE_STATE_V1_RUNNING = 1 << 0;
  public static final int VFIO_DEVICE_STATE_V1_SAVING = 1 << 1;
  public static final int VFIO_DEVICE_STATE_V1_RESUMING = 1 << 2;
  public static final int VFIO_DEVICE_STATE_MASK = 0x7;

  // Interrupts
  public static final int VFIO_DEVICE_GET_IRQ_INFO = 0x3b6d;
  public static final int VFIO_IRQ_INFO_EVENTFD = 1 << 0;
  public static final int VFIO_IRQ_INFO_MASKABLE = 1 << 1;

  /** The interrupt masks itself when it fires. */
  public static final int VFIO_IRQ_INFO_AUTOMASKED = 1 << 2;

  /** Interrupts cannot be added to an index in use: tear it down first. */
  public static final int VFIO_IRQ_INFO_NORESIZE = 1 << 3;

  public static final int VFIO_DEVICE_SET_IRQS = 0x3b6e;
  public static final int VFIO_IRQ_SET_DATA_NONE = 1 << 0;
  public static final int VFIO_IRQ_SET_DATA_BOOL = 1 << 1;
  public static final int VFIO_IRQ_SET_DATA_EVENTFD = 1 << 2;
  public static final int VFIO_IRQ_SET_ACTION_MASK = 1 << 3;
  public static final int VFIO_IRQ_SET_ACTION_UNMASK = 1 << 4;
  public static final int VFIO_IRQ_SET_ACTION_TRIGGER = 1 << 5;
  public static final int VFIO_IRQ_SET_DATA_TYPE_MASK =
      VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD;
  public static final int VFIO_IRQ_SET_ACTION_TYPE_MASK =
      VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER;

  // Reset
  public static final int VFIO_DEVICE_RESET = 0x3b6f;
  public static final int VFIO_DEVICE_GET_PCI_HOT_RESET_INFO = 0x3b70;

  /** The list has device ids in place of group numbers. */
  public static final int VFIO_PCI_HOT_RESET_FLAG_DEV_ID = 1 << 0;

  /** The caller owns all devices of the list. */
  public static final int VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED = 1 << 1;

  /** In place of a device id: the caller owns it, but it has none. */
  public static final int VFIO_PCI_DEVID_OWNED = 0;

  /** In place of a device id: the reset is not the caller's to make. */
  public static final int VFIO_PCI_DEVID_NOT_OWNED = -1;

  public static final int VFIO_DEVICE_PCI_HOT_RESET = 0x3b71;

  // Region and interrupt indexes of a PCI device
  public static final int VFIO_PCI_BAR0_REGION_INDEX = 0;
  public static final int VFIO_PCI_BAR1_REGION_INDEX = 1;
  public static final int VFIO_PCI_BAR2_REGION_INDEX = 2;
  public static final int VFIO_PCI_BAR3_REGION_INDEX = 3;
  public static final int VFIO_PCI_BAR4_REGION_INDEX = 4;
  public static final int VFIO_PCI_BAR5_REGION_INDEX = 5;
  public static final int VFIO_PCI_ROM_REGION_INDEX = 6;
  public static final int VFIO_PCI_CONFIG_REGION_INDEX = 7;
  public static final int VFIO_PCI_VGA_REGION_INDEX = 8;

  /** Indexes from here on are specific to the device. */
  public static final int VFIO_PCI_NUM_REGIONS = 9;

  public static final int VFIO_PCI_INTX_IRQ_INDEX = 0;
  public static final int VFIO_PCI_MSI_IRQ_INDEX = 1;
  public static final int VFIO_PCI_MSIX_IRQ_INDEX = 2;
  public static final int VFIO_PCI_ERR_IRQ_INDEX = 3;
  public static final int VFIO_PCI_REQ_IRQ_INDEX = 4;
  public static final int VFIO_PCI_NUM_IRQS = 5;

  // Region and interrupt indexes of s390 channel I/O and adjunct processor devices
  public static final int VFIO_CCW_CONFIG_REGION_INDEX = 0;
  public static final int VFIO_CCW_NUM_REGIONS = 1;
  public static final int VFIO_CCW_IO_IRQ_INDEX = 0;
  public static final int VFIO_CCW_CRW_IRQ_INDEX = 1;
  public static final int VFIO_CCW_REQ_IRQ_INDEX = 2;
  public static final int VFIO_CCW_NUM_IRQS = 3;
  public static final int VFIO_AP_REQ_IRQ_INDEX = 0;
  public static final int VFIO_AP_CFG_CHG_IRQ_INDEX = 1;
  public static final int VFIO_AP_NUM_IRQS = 2;

  // Graphics planes
  public static final int VFIO_DEVICE_QUERY_GFX_PLANE = 0x3b72;
  public static final int VFIO_GFX_PLANE_TYPE_PROBE = 1 << 0;
  public static final int VFIO_GFX_PLANE_TYPE_DMABUF = 1 << 1;
  public static final int VFIO_GFX_PLANE_TYPE_REGION = 1 << 2;

  /** Takes the address of a {@code u32}, the id of the buffer; returns a file descriptor. */
  public static final int VFIO_DEVICE_GET_GFX_DMABUF = 0x3b73;

  // Eventfds that write to a region
  public static final int VFIO_DEVICE_IOEVENTFD = 0x3b74;
  public static final int VFIO_DEVICE_IOEVENTFD_8 = 1 << 0;
  public static final int VFIO_DEVICE_IOEVENTFD_16 = 1 << 1;
  public static final int VFIO_DEVICE_IOEVENTFD_32 = 1 << 2;
  public static final int VFIO_DEVICE_IOEVENTFD_64 = 1 << 3;
  public static final int VFIO_DEVICE_IOEVENTFD_SIZE_MASK = 0xf;

  // Device features: the low 16 bits of flags are the feature, the others what to do with it
  public static final int VFIO_DEVICE_FEATURE = 0x3b75;
  public static final int VFIO_DEVICE_FEATURE_MASK = 0xffff;
  public static final int VFIO_DEVICE_FEATURE_GET = 1 << 16;
  public static final int VFIO_DEVICE_FEATURE_SET = 1 << 17;
  public static final int VFIO_DEVICE_FEATURE_PROBE = 1 << 18;

  /** Set: 16 bytes, the UUID that users of virtual functions have to show. */
  public static final int VFIO_DEVICE_FEATURE_PCI_VF_TOKEN = 0;

  public static final int VFIO_DEVICE_FEATURE_MIGRATION = 1;
  public static final int VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE = 2;

  /** Set, without data. */
  public static final int VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY = 3;

  public static final int VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP = 4;

  /** Set, without data. */
  public static final int VFIO_DEVICE_FEATURE_LOW_POWER_EXIT = 5;

  public static final int VFIO_DEVICE_FEATURE_DMA_LOGGING_START = 6;

  /** Set, without data. */
  public static final int VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP = 7;

  public static final int VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT = 8;
  public static final int VFIO_DEVICE_FEATURE_MIG_DATA_SIZE = 9;
  public static final int VFIO_DEVICE_FEATURE_BUS_MASTER = 10;
  public static final int VFIO_DEVICE_FEATURE_DMA_BUF = 11;

  /** Set, without data: allows {@link #VFIO_PRECOPY_INFO_REINIT} from now on. */
  public static final int VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 = 12;

  public static final int VFIO_DEVICE_FEATURE_ZPCI_ERROR = 13;

  // What VFIO_DEVICE_FEATURE_BUS_MASTER is to do
  public static final int VFIO_DEVICE_FEATURE_CLEAR_MASTER = 0;
  public static final int VFIO_DEVICE_FEATURE_SET_MASTER = 1;

  // Migration protocol v2
  public static final int VFIO_MIGRATION_STOP_COPY = 1 << 0;
  public static final int VFIO_MIGRATION_P2P = 1 << 1;
  public static final int VFIO_MIGRATION_PRE_COPY = 1 << 2;
  public static final int VFIO_DEVICE_STATE_ERROR = 0;
  public static final int VFIO_DEVICE_STATE_STOP = 1;
  public static final int VFIO_DEVICE_STATE_RUNNING = 2;
  public static final int VFIO_DEVICE_STATE_STOP_COPY = 3;
  public static final int VFIO_DEVICE_STATE_RESUMING = 4;
  public static final int VFIO_DEVICE_STATE_RUNNING_P2P = 5;
  public static final int VFIO_DEVICE_STATE_PRE_COPY = 6;
  public static final int VFIO_DEVICE_STATE_PRE_COPY_P2P = 7;

  /** Number of states. */
  public static final int VFIO_DEVICE_STATE_NR = 8;

  /** For the migration stream, not for the device. */
  public static final int VFIO_MIG_GET_PRECOPY_INFO = 0x3b79;

  public static final int VFIO_PRECOPY_INFO_REINIT = 1 << 0;

  // Device node with iommufd
  public static final int VFIO_DEVICE_BIND_IOMMUFD = 0x3b76;
  public static final int VFIO_DEVICE_BIND_FLAG_TOKEN = 1 << 0;
  public static final int VFIO_DEVICE_ATTACH_IOMMUFD_PT = 0x3b77;
  public static final int VFIO_DEVICE_ATTACH_PASID = 1 << 0;
  public static final int VFIO_DEVICE_DETACH_IOMMUFD_PT = 0x3b78;
  public static final int VFIO_DEVICE_DETACH_PASID = 1 << 0;

  // type1 backend
  public static final int VFIO_IOMMU_GET_INFO = 0x3b70;
  public static final int VFIO_IOMMU_INFO_PGSIZES = 1 << 0;
  public static final int VFIO_IOMMU_INFO_CAPS = 1 << 1;
  public static final int VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;
  public static final int VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION = 2;
  public static final int VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 3;
  public static final int VFIO_IOMMU_MAP_DMA = 0x3b71;

  /** The device may read the memory. */
  public static final int VFIO_DMA_MAP_FLAG_READ = 1 << 0;

  /** The device may write the memory. */
  public static final int VFIO_DMA_MAP_FLAG_WRITE = 1 << 1;

  /** Gives a suspended mapping its memory back, at a new address. */
  public static final int VFIO_DMA_MAP_FLAG_VADDR = 1 << 2;

  public static final int VFIO_IOMMU_UNMAP_DMA = 0x3b72;
  public static final int VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP = 1 << 0;
  public static final int VFIO_DMA_UNMAP_FLAG_ALL = 1 << 1;

  /** Suspends mappings in place: DMA goes on, new translations wait. */
  public static final int VFIO_DMA_UNMAP_FLAG_VADDR = 1 << 2;

  public static final int VFIO_IOMMU_DIRTY_PAGES = 0x3b75;
  public static final int VFIO_IOMMU_DIRTY_PAGES_FLAG_START = 1 << 0;
  public static final int VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP = 1 << 1;
  public static final int VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP = 1 << 2;

  // sPAPR TCE backend
  public static final int VFIO_IOMMU_SPAPR_TCE_GET_INFO = 0x3b70;
  public static final int VFIO_IOMMU_SPAPR_INFO_DDW = 1 << 0;

  /** sPAPR v1 only. */
  public static final int VFIO_IOMMU_ENABLE = 0x3b73;

  /** sPAPR v1 only. */
  public static final int VFIO_IOMMU_DISABLE = 0x3b74;

  public static final int VFIO_IOMMU_SPAPR_REGISTER_MEMORY = 0x3b75;
  public static final int VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY = 0x3b76;
  public static final int VFIO_IOMMU_SPAPR_TCE_CREATE = 0x3b77;
  public static final int VFIO_IOMMU_SPAPR_TCE_REMOVE = 0x3b78;

  // Enhanced error handling (EEH) of sPAPR
  public static final int VFIO_EEH_PE_OP = 0x3b79;
  public static final int VFIO_EEH_PE_DISABLE = 0;
  public static final int VFIO_EEH_PE_ENABLE = 1;
  public static final int VFIO_EEH_PE_UNFREEZE_IO = 2;
  public static final int VFIO_EEH_PE_UNFREEZE_DMA = 3;
  public static final int VFIO_EEH_PE_GET_STATE = 4;
  public static final int VFIO_EEH_PE_RESET_DEACTIVATE = 5;
  public static final int VFIO_EEH_PE_RESET_HOT = 6;
  public static final int VFIO_EEH_PE_RESET_FUNDAMENTAL = 7;
  public static final int VFIO_EEH_PE_CONFIGURE = 8;
  public static final int VFIO_EEH_PE_INJECT_ERR = 9;

  // Results of VFIO_EEH_PE_GET_STATE
  public static final int VFIO_EEH_PE_STATE_NORMAL = 0;
  public static final int VFIO_EEH_PE_STATE_RESET = 1;
  public static final int VFIO_EEH_PE_STATE_STOPPED = 2;
  public static final int VFIO_EEH_PE_STATE_STOPPED_DMA = 4;
  public static final int VFIO_EEH_PE_STATE_UNAVAIL = 5;

  private VfioHeader() {}
}

package busbar.pci;

/**
 * Registers of PCI configuration space under the names of {@code <linux/pci_regs.h>}, as far as
 * this driver looks at them. Offsets in capabilities count from the capability's start.
 */
final class PciRegs {
  static final int PCI_CFG_SPACE_SIZE = 256;
  static final int PCI_STD_HEADER_SIZEOF = 64;

  // standard header
  static final int PCI_VENDOR_ID = 0x00;
  static final int PCI_DEVICE_ID = 0x02;
  static final int PCI_COMMAND = 0x04;
  static final int PCI_COMMAND_IO = 0x1;
  static final int PCI_COMMAND_MEMORY = 0x2;
  static final int PCI_COMMAND_MASTER = 0x4;
  static final int PCI_COMMAND_INTX_DISABLE = 0x400;
  static final int PCI_STATUS = 0x06;
  static final int PCI_STATUS_INTERRUPT = 0x08;
  static final int PCI_STATUS_CAP_LIST = 0x10;
  static final int PCI_CLASS_DEVICE = 0x0a;
  static final int PCI_CLASS_DISPLAY_VGA = 0x0300;
  static final int PCI_CACHE_LINE_SIZE = 0x0c;
  static final int PCI_LATENCY_TIMER = 0x0d;
  static final int PCI_HEADER_TYPE = 0x0e;
  static final int PCI_HEADER_TYPE_MASK = 0x7f;
  static final int PCI_BIST = 0x0f;
  static final int PCI_BASE_ADDRESS_0 = 0x10;
  static final int PCI_BASE_ADDRESS_SPACE_IO = 0x1;
  static final int PCI_BASE_ADDRESS_MEM_TYPE_64 = 0x4;
  static final int PCI_BASE_ADDRESS_MEM_PREFETCH = 0x8;
  static final int PCI_ROM_ADDRESS = 0x30;
  static final int PCI_ROM_ADDRESS_ENABLE = 0x1;
  static final int PCI_CAPABILITY_LIST = 0x34;
  static final int PCI_INTERRUPT_LINE = 0x3c;
  static final int PCI_INTERRUPT_PIN = 0x3d;
  static final int PCI_STD_NUM_BARS = 6;
  static final int PCI_ROM_RESOURCE = 6;

  // standard capabilities
  static final int PCI_CAP_LIST_NEXT = 1;
  static final int PCI_CAP_FLAGS = 2;
  static final int PCI_CAP_SIZEOF = 4;
  static final int PCI_CAP_ID_PM = 0x01;
  static final int PCI_CAP_ID_AGP = 0x02;
  static final int PCI_CAP_ID_VPD = 0x03;
  static final int PCI_CAP_ID_MSI = 0x05;
  static final int PCI_CAP_ID_PCIX = 0x07;
  static final int PCI_CAP_ID_HT = 0x08;
  static final int PCI_CAP_ID_VNDR = 0x09;
  static final int PCI_CAP_ID_EXP = 0x10;
  static final int PCI_CAP_ID_MSIX = 0x11;
  static final int PCI_CAP_ID_SATA = 0x12;
  static final int PCI_CAP_ID_AF = 0x13;

  static final int PCI_PM_PMC = 2;
  static final int PCI_PM_CAP_D1 = 0x0200;
  static final int PCI_PM_CAP_D2 = 0x0400;
  static final int PCI_PM_CAP_PME_MASK = 0xf800;
  static final int PCI_PM_CTRL = 4;
  static final int PCI_PM_CTRL_STATE_MASK = 0x0003;
  static final int PCI_PM_CTRL_NO_SOFT_RESET = 0x0008;
  static final int PCI_PM_CTRL_PME_ENABLE = 0x0100;
  static final int PCI_PM_CTRL_PME_STATUS = 0x8000;

  static final int PCI_VPD_ADDR = 2;
  static final int PCI_VPD_ADDR_F = 0x8000;
  static final int PCI_VPD_DATA = 4;

  static final int PCI_MSI_FLAGS = 2;
  static final int PCI_MSI_FLAGS_ENABLE = 0x0001;
  static final int PCI_MSI_FLAGS_QMASK = 0x000e;
  static final int PCI_MSI_FLAGS_QSIZE = 0x0070;
  static final int PCI_MSI_FLAGS_64BIT = 0x0080;
  static final int PCI_MSI_FLAGS_MASKBIT = 0x0100;
  static final int PCI_MSI_ADDRESS_LO = 4;
  static final int PCI_MSI_ADDRESS_HI = 8;
  static final int PCI_MSI_DATA_32 = 8;
  static final int PCI_MSI_DATA_64 = 12;
  static final int PCI_MSI_MASK_32 = 12;
  static final int PCI_MSI_PENDING_32 = 16;
  static final int PCI_MSI_MASK_64 = 16;
  static final int PCI_MSI_PENDING_64 = 20;

  static final int PCI_MSIX_FLAGS = 2;
  static final int PCI_MSIX_FLAGS_QSIZE = 0x07ff;
  static final int PCI_MSIX_TABLE = 4;
  static final int PCI_MSIX_TABLE_BIR = 0x7;
  static final int PCI_MSIX_ENTRY_SIZE = 16;

  static final int PCI_X_CMD = 2;
  static final int PCI_X_CMD_VERSION = 0x3000;
  static final int PCI_X_ECC_CSR = 8;

  static final int PCI_EXP_FLAGS = 2;
  static final int PCI_EXP_FLAGS_VERS = 0x000f;
  static final int PCI_EXP_FLAGS_TYPE = 0x00f0;
  static final int PCI_EXP_TYPE_RC_END = 0x9;
  static final int PCI_EXP_DEVCAP = 4;
  static final int PCI_EXP_DEVCAP_FLR = 1 << 28;
  static final int PCI_EXP_DEVCTL = 8;
  static final int PCI_EXP_DEVCTL_PAYLOAD = 0x00e0;
  static final int PCI_EXP_DEVCTL_PHANTOM = 0x0200;
  static final int PCI_EXP_DEVCTL_READRQ = 0x7000;
  static final int PCI_EXP_DEVCTL_BCR_FLR = 0x8000;
  static final int PCI_EXP_DEVCTL2 = 0x28;
  static final int PCI_EXP_DEVCTL2_ARI = 0x0020;

  static final int PCI_AF_CAP = 3;
  static final int PCI_AF_CAP_TP = 0x01;
  static final int PCI_AF_CAP_FLR = 0x02;
  static final int PCI_AF_CTRL = 4;
  static final int PCI_AF_CTRL_FLR = 0x01;

  // extended capabilities
  static final int PCI_EXT_CAP_ID_ERR = 0x01;
  static final int PCI_EXT_CAP_ID_VC = 0x02;
  static final int PCI_EXT_CAP_ID_DSN = 0x03;
  static final int PCI_EXT_CAP_ID_PWR = 0x04;
  static final int PCI_EXT_CAP_ID_MFVC = 0x08;
  static final int PCI_EXT_CAP_ID_VC9 = 0x09;
  static final int PCI_EXT_CAP_ID_VNDR = 0x0b;
  static final int PCI_EXT_CAP_ID_ACS = 0x0d;
  static final int PCI_EXT_CAP_ID_ARI = 0x0e;
  static final int PCI_EXT_CAP_ID_ATS = 0x0f;
  static final int PCI_EXT_CAP_ID_SRIOV = 0x10;
  static final int PCI_EXT_CAP_ID_MCAST = 0x12;
  static final int PCI_EXT_CAP_ID_PRI = 0x13;
  static final int PCI_EXT_CAP_ID_REBAR = 0x15;
  static final int PCI_EXT_CAP_ID_DPA = 0x16;
  static final int PCI_EXT_CAP_ID_TPH = 0x17;
  static final int PCI_EXT_CAP_ID_LTR = 0x18;
  static final int PCI_EXT_CAP_ID_DVSEC = 0x23;

  private PciRegs() {}

  /** Where the next extended capability starts, 0 if this is the last. */
  static int extendedNext(int header) {
    return header >>> 20 & 0xffc;
  }
}

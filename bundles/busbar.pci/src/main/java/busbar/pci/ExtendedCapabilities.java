package busbar.pci;

import static busbar.pci.PciRegs.*;
import static busbar.pci.PermissionTable.ALL;
import static busbar.pci.PermissionTable.NONE;

import busbar.api.pci.PciDevice;

/** Lengths and permissions of the capabilities beyond the first 256 bytes. */
final class ExtendedCapabilities {
  // advanced error reporting
  private static final int ERR_UNCOR_STATUS = 0x04;
  private static final int ERR_UNCOR_MASK = 0x08;
  private static final int ERR_UNCOR_SEVER = 0x0c;
  private static final int ERR_COR_STATUS = 0x10;
  private static final int ERR_COR_MASK = 0x14;
  private static final int ERR_CAP = 0x18;
  private static final int ERR_ROOT_COMMAND = 0x2c;

  /** Undefined, and the bits 4, 5 and 12 to 25: data link protocol to TLP prefix blocked. */
  private static final int ERR_UNCORRECTABLE = 0x03ff_f031;

  /** Receiver, bad TLP, bad DLLP, replay rollover and timer, advisory, internal, overflow. */
  private static final int ERR_CORRECTABLE = 0x0000_f1c1;

  /** Enables of ECRC generation and check. */
  private static final int ERR_CAP_ECRC_ENABLES = 0x140;

  private static final int PWR_DATA_SELECT = 4;
  private static final int VC_PORT_CAP1 = 4;
  private static final int VC_PORT_CAP2 = 8;
  private static final int VC_BASE_SIZEOF = 0x10;
  private static final int VC_PER_VC_SIZEOF = 0x0c;
  private static final int TPH_BASE_SIZEOF = 0x0c;
  private static final int TPH_CAP_LOC_MASK = 0x600;
  private static final int TPH_LOC_CAP = 0x200;
  private static final int DPA_BASE_SIZEOF = 16;

  private ExtendedCapabilities() {}

  /**
   * The length of a capability.
   *
   * @return 0 if a user must not see it
   */
  static int length(PciDevice device, int id, int start) {
    return switch (id) {
      case PCI_EXT_CAP_ID_ERR -> ERR_ROOT_COMMAND;
      case PCI_EXT_CAP_ID_VC, PCI_EXT_CAP_ID_VC9, PCI_EXT_CAP_ID_MFVC ->
          virtualChannelLength(device, start);
      case PCI_EXT_CAP_ID_DSN -> 12;
      case PCI_EXT_CAP_ID_PWR, PCI_EXT_CAP_ID_PRI -> 16;
      case PCI_EXT_CAP_ID_VNDR, PCI_EXT_CAP_ID_DVSEC -> device.readConfig(start + 4, 4) >>> 20;
      case PCI_EXT_CAP_ID_ACS -> accessControlLength(device, start);
      case PCI_EXT_CAP_ID_ARI, PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ID_LTR -> 8;
      case PCI_EXT_CAP_ID_SRIOV -> 64;
      case PCI_EXT_CAP_ID_MCAST -> 40;
      case PCI_EXT_CAP_ID_REBAR -> 4 + 8 * (device.readConfig(start + 8, 1) >> 5 & 7);
      case PCI_EXT_CAP_ID_DPA -> DPA_BASE_SIZEOF + (device.readConfig(start + 4, 1) & 0x1f) + 1;
      case PCI_EXT_CAP_ID_TPH -> processingHintsLength(device, start);
      // what belongs to root complexes and switches, MR-IOV, secondary PCIe, PMUX, PASID, CAC, and
      // everything that came later
      default -> 0;
    };
  }

  private static int virtualChannelLength(PciDevice device, int start) {
    int extendedChannels = device.readConfig(start + VC_PORT_CAP1, 4) & 7;
    int length = VC_BASE_SIZEOF + (1 + extendedChannels) * VC_PER_VC_SIZEOF;
    int arbitration = device.readConfig(start + VC_PORT_CAP2, 4);
    int phases = 0;
    if ((arbitration & 0x8) != 0) {
      phases = 128;
    } else if ((arbitration & 0x4) != 0) {
      phases = 64;
    } else if ((arbitration & 0x2) != 0) {
      phases = 32;
    }
    return phases == 0 ? length : (length + 15 & ~15) + phases / 2;
  }

  private static int accessControlLength(PciDevice device, int start) {
    if ((device.readConfig(start + 4, 1) & 0x20) == 0) {
      return 8;
    }
    int bits = device.readConfig(start + 5, 1);
    return 8 + (bits == 0 ? 256 : bits + 31 & ~31) / 8;
  }

  private static int processingHintsLength(PciDevice device, int start) {
    int capability = device.readConfig(start + 4, 4);
    if ((capability & TPH_CAP_LOC_MASK) != TPH_LOC_CAP) {
      return TPH_BASE_SIZEOF;
    }
    return TPH_BASE_SIZEOF + 2 * (capability >>> 16 & 0x7ff) + 2;
  }

  /** The permissions of a capability that {@link #length} shows; most are read-only. */
  static PermissionTable permissions(int id, int length) {
    PermissionTable table = PermissionTable.extended(length);
    return switch (id) {
      case PCI_EXT_CAP_ID_ERR ->
          table
              .u32(ERR_UNCOR_STATUS, NONE, ERR_UNCORRECTABLE)
              .u32(ERR_UNCOR_MASK, NONE, ERR_UNCORRECTABLE)
              .u32(ERR_UNCOR_SEVER, NONE, ERR_UNCORRECTABLE)
              .u32(ERR_COR_STATUS, NONE, ERR_CORRECTABLE)
              .u32(ERR_COR_MASK, NONE, ERR_CORRECTABLE)
              .u32(ERR_CAP, NONE, ERR_CAP_ECRC_ENABLES);
      case PCI_EXT_CAP_ID_PWR -> table.u8(PWR_DATA_SELECT, NONE, ALL);
      case PCI_EXT_CAP_ID_VNDR, PCI_EXT_CAP_ID_DVSEC -> table.rawWrites();
      default -> table;
    };
  }
}

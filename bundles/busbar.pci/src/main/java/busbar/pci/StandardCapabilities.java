package busbar.pci;

import static busbar.pci.PciRegs.*;
import static busbar.pci.PermissionTable.ALL;
import static busbar.pci.PermissionTable.NONE;

import busbar.api.pci.PciDevice;

/** Lengths and permissions of the header and of the capabilities in the first 256 bytes. */
final class StandardCapabilities {
  private static final int EXP_ENDPOINT_SIZEOF_V1 = 0x14;
  private static final int EXP_ENDPOINT_SIZEOF_V2 = 0x3c;
  private static final int EXP_RC_END_SIZEOF_V1 = 0x0c;
  private static final int EXP_RC_END_SIZEOF_V2 = 0x2c;
  private static final int HT_3BIT_CAP_MASK = 0xe0;

  private StandardCapabilities() {}

  /**
   * The length of a capability.
   *
   * @return 0 if a user must not see it
   */
  static int length(PciDevice device, int id, int start) {
    return switch (id) {
      case PCI_CAP_ID_PM, PCI_CAP_ID_VPD -> 8;
      case PCI_CAP_ID_AGP, PCI_CAP_ID_MSIX -> 12;
      case PCI_CAP_ID_AF -> 6;
      case PCI_CAP_ID_MSI -> msiLength(device.readConfig(start + PCI_MSI_FLAGS, 2));
      case PCI_CAP_ID_PCIX -> isPcix2(device, start) ? 24 : 8;
      case PCI_CAP_ID_HT -> (device.readConfig(start + 3, 1) & HT_3BIT_CAP_MASK) != 0 ? 8 : 28;
      case PCI_CAP_ID_VNDR -> device.readConfig(start + PCI_CAP_FLAGS, 1);
      case PCI_CAP_ID_EXP -> expressLength(device.readConfig(start + PCI_EXP_FLAGS, 2));
      case PCI_CAP_ID_SATA -> (device.readConfig(start + 4, 1) & 0xf) == 0xf ? 16 : 8;
      // the null capability and what a user has no business with: slot id, hot swap and hot plug,
      // debug port, resource control, bridge ids, AGP 8x, secure device, enhanced allocation
      default -> 0;
    };
  }

  private static int msiLength(int flags) {
    int length = 10;
    length += (flags & PCI_MSI_FLAGS_64BIT) != 0 ? 4 : 0;
    length += (flags & PCI_MSI_FLAGS_MASKBIT) != 0 ? 10 : 0;
    return length;
  }

  static boolean isPcix2(PciDevice device, int start) {
    return (device.readConfig(start + PCI_X_CMD, 2) & PCI_X_CMD_VERSION) != 0;
  }

  private static int expressLength(int flags) {
    boolean rootComplexEndpoint = (flags & PCI_EXP_FLAGS_TYPE) >> 4 == PCI_EXP_TYPE_RC_END;
    if ((flags & PCI_EXP_FLAGS_VERS) == 1) {
      return rootComplexEndpoint ? EXP_RC_END_SIZEOF_V1 : EXP_ENDPOINT_SIZEOF_V1;
    }
    return rootComplexEndpoint ? EXP_RC_END_SIZEOF_V2 : EXP_ENDPOINT_SIZEOF_V2;
  }

  /** The permissions of a capability that {@link #length} shows. */
  static PermissionTable permissions(PciDevice device, int id, int start, int length) {
    PermissionTable table = PermissionTable.standard(length);
    return switch (id) {
      case PCI_CAP_ID_PM ->
          table
              .u16(PCI_PM_PMC, PCI_PM_CAP_PME_MASK, NONE)
              .u32(
                  PCI_PM_CTRL,
                  PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS,
                  ~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS | PCI_PM_CTRL_STATE_MASK));
      case PCI_CAP_ID_VPD -> table.u16(PCI_VPD_ADDR, ALL, ALL).u32(PCI_VPD_DATA, ALL, ALL);
      case PCI_CAP_ID_MSI -> msi(table, device.readConfig(start + PCI_MSI_FLAGS, 2));
      case PCI_CAP_ID_PCIX -> table.u16(PCI_X_CMD, NONE, ALL).u32(PCI_X_ECC_CSR, NONE, ALL);
      case PCI_CAP_ID_VNDR -> table.rawWrites();
      // phantom functions would confuse the IOMMU, ARI was decided when the bus was scanned
      case PCI_CAP_ID_EXP ->
          table
              .u16(
                  PCI_EXP_DEVCTL,
                  PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ,
                  ~PCI_EXP_DEVCTL_PHANTOM)
              .u16(PCI_EXP_DEVCTL2, NONE, ~PCI_EXP_DEVCTL2_ARI);
      case PCI_CAP_ID_AF -> table.u8(PCI_AF_CTRL, PCI_AF_CTRL_FLR, PCI_AF_CTRL_FLR);
      // MSI-X is programmed through SET_IRQS; AGP, HyperTransport and SATA stay as they are
      default -> table;
    };
  }

  private static PermissionTable msi(PermissionTable table, int flags) {
    // the high byte of the control word is reserved
    table.u8(PCI_MSI_FLAGS, ALL, ALL).u32(PCI_MSI_ADDRESS_LO, ALL, ALL);
    boolean masks = (flags & PCI_MSI_FLAGS_MASKBIT) != 0;
    if ((flags & PCI_MSI_FLAGS_64BIT) != 0) {
      table.u32(PCI_MSI_ADDRESS_HI, ALL, ALL).u16(PCI_MSI_DATA_64, ALL, ALL);
      return masks
          ? table.u32(PCI_MSI_MASK_64, NONE, ALL).u32(PCI_MSI_PENDING_64, NONE, ALL)
          : table;
    }
    table.u16(PCI_MSI_DATA_32, ALL, ALL);
    return masks ? table.u32(PCI_MSI_MASK_32, NONE, ALL).u32(PCI_MSI_PENDING_32, NONE, ALL) : table;
  }

  /** The header of an ordinary function. */
  static PermissionTable header() {
    PermissionTable table =
        new PermissionTable(PCI_STD_HEADER_SIZEOF)
            .u16(PCI_VENDOR_ID, ALL, NONE)
            .u16(PCI_DEVICE_ID, ALL, NONE)
            .u16(PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, ALL)
            .u16(PCI_STATUS, PCI_STATUS_CAP_LIST, NONE)
            .u8(PCI_CACHE_LINE_SIZE, NONE, ALL)
            .u8(PCI_LATENCY_TIMER, NONE, ALL)
            .u8(PCI_BIST, NONE, ALL)
            .u32(PCI_ROM_ADDRESS, ALL, ALL)
            .u8(PCI_CAPABILITY_LIST, ALL, NONE)
            .u8(PCI_INTERRUPT_LINE, ALL, ALL)
            .u8(PCI_INTERRUPT_PIN, ALL, NONE);
    for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
      table.u32(PCI_BASE_ADDRESS_0 + 4 * bar, ALL, ALL);
    }
    return table;
  }
}

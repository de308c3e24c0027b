package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.pci.PciDevice;

/** Finds capabilities in hardware's own lists, as the PCI core does. */
final class CapabilityLists {
  private CapabilityLists() {}

  /** Where the capability starts, 0 if the function has none. */
  static int find(PciDevice device, int id) {
    if ((device.readConfig(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) == 0) {
      return 0;
    }
    int at = device.readConfig(PCI_CAPABILITY_LIST, 1) & ~3;
    for (int left = 48; at >= PCI_STD_HEADER_SIZEOF && left > 0; left--) {
      int header = device.readConfig(at, 2);
      if ((header & 0xff) == id) {
        return at;
      }
      at = header >> 8 & 0xfc;
    }
    return 0;
  }

  /** Where the extended capability starts, 0 if the function has none. */
  static int findExtended(PciDevice device, int id) {
    int at = device.configSize() > PCI_CFG_SPACE_SIZE ? PCI_CFG_SPACE_SIZE : 0;
    for (int left = 960; at >= PCI_CFG_SPACE_SIZE && left > 0; left--) {
      int header = device.readConfig(at, 4);
      if ((header & 0xffff) == id && header != 0) {
        return at;
      }
      at = extendedNext(header);
    }
    return 0;
  }
}

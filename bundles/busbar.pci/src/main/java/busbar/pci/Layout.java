package busbar.pci;

import static busbar.pci.PciRegs.PCI_CAP_ID_MSI;
import static busbar.pci.PciRegs.PCI_CAP_ID_MSIX;
import static busbar.pci.PciRegs.PCI_MSIX_ENTRY_SIZE;
import static busbar.pci.PciRegs.PCI_MSIX_FLAGS;
import static busbar.pci.PciRegs.PCI_MSIX_FLAGS_QSIZE;
import static busbar.pci.PciRegs.PCI_MSIX_TABLE;
import static busbar.pci.PciRegs.PCI_MSIX_TABLE_BIR;

import busbar.api.memory.MmioWindow;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciResource;
import busbar.pci.Bars.MsixTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What can be looked up about a function before it is opened or taken over: a successor does so
 * before operations have to wait for it.
 *
 * @param shadow configuration space as a user is to see it at first; whoever opens the function
 *     keeps it
 * @param owners which capability each byte of it belongs to, {@code null} for none
 * @param msi where that capability starts, 0 if there is none
 * @param msix as {@code msi}
 * @param windows the BARs that the host assigned
 * @param rom the ROM's BAR, if the host assigned it
 */
record Layout(
    byte[] shadow,
    Capability[] owners,
    int msi,
    int msix,
    MsixTable msixTable,
    List<Window> windows,
    Optional<PciResource> rom) {
  /** A BAR and its contents. */
  record Window(PciResource resource, MmioWindow contents) {}

  /** Reads it from the function's configuration. */
  static Layout of(PciDevice device) {
    byte[] shadow = new byte[device.configSize()];
    Capability[] owners = new Capability[device.configSize()];
    new CapabilityWalk(device, shadow, owners).run();
    int msix = CapabilityLists.find(device, PCI_CAP_ID_MSIX);
    return new Layout(
        shadow,
        owners,
        CapabilityLists.find(device, PCI_CAP_ID_MSI),
        msix,
        msixTable(device, msix),
        windows(device),
        device.resource(PciRegs.PCI_ROM_RESOURCE).filter(rom -> rom.start() != 0));
  }

  private static MsixTable msixTable(PciDevice device, int msix) {
    if (msix == 0) {
      return MsixTable.NONE;
    }
    int location = device.readConfig(msix + PCI_MSIX_TABLE, 4);
    int entries = (device.readConfig(msix + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
    return new MsixTable(
        location & PCI_MSIX_TABLE_BIR,
        Integer.toUnsignedLong(location & ~PCI_MSIX_TABLE_BIR),
        (long) entries * PCI_MSIX_ENTRY_SIZE);
  }

  private static List<Window> windows(PciDevice device) {
    List<Window> windows = new ArrayList<>();
    for (PciResource resource : device.resources()) {
      if (resource.index() < PciRegs.PCI_STD_NUM_BARS && resource.start() != 0) {
        windows.add(new Window(resource, device.bar(resource.index())));
      }
    }
    return windows;
  }
}

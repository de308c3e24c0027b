package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.pci.PciDevice;
import java.lang.System.Logger.Level;
import java.util.Arrays;

/**
 * Follows the two capability lists of a function, decides which byte belongs to which capability,
 * and links the lists in the shadow copy around those that a user must not see.
 *
 * <p>Reads hardware, never writes it.
 */
final class CapabilityWalk {
  private static final System.Logger LOG = System.getLogger("busbar.pci");

  /** The link in the header of an extended capability. */
  private static final int NEXT_MASK = 0xffc0_0000;

  private final PciDevice device;
  private final byte[] shadow;
  private final Capability[] owners;
  private boolean hasExtended;

  /**
   * @param shadow the copy of configuration space; the walk fills in what capabilities cover
   * @param owners which capability each byte belongs to, {@code null} for none
   */
  CapabilityWalk(PciDevice device, byte[] shadow, Capability[] owners) {
    this.device = device;
    this.shadow = shadow;
    this.owners = owners;
  }

  void run() {
    own(
        new Capability(
            "header", 0, PCI_STD_HEADER_SIZEOF, StandardCapabilities.header(), new HeaderWrites()));
    if ((device.readConfig(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) != 0) {
      standardList();
    }
    if (hasExtended) {
      extendedList();
    }
  }

  private void standardList() {
    int shown = 0;
    int link = PCI_CAPABILITY_LIST;
    int at = device.readConfig(PCI_CAPABILITY_LIST, 1) & ~3;
    int left = (PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / PCI_CAP_SIZEOF;
    while (at >= PCI_STD_HEADER_SIZEOF && !isLoop(at) && left-- > 0) {
      int id = device.readConfig(at, 1);
      int next = device.readConfig(at + PCI_CAP_LIST_NEXT, 1) & ~3;
      int length = StandardCapabilities.length(device, id, at);
      if (length == 0) {
        shadow[link] = (byte) next;
      } else {
        addStandard(id, at, Math.min(length, device.configSize() - at));
        link = at + PCI_CAP_LIST_NEXT;
        shown++;
      }
      at = next;
    }
    if (shown == 0) {
      shadow[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
    }
  }

  private void addStandard(int id, int start, int length) {
    PermissionTable table = StandardCapabilities.permissions(device, id, start, length);
    ConfigWrites writes =
        switch (id) {
          case PCI_CAP_ID_PM -> CapabilityWrites::power;
          case PCI_CAP_ID_VPD -> CapabilityWrites::vitalProductData;
          case PCI_CAP_ID_MSI -> CapabilityWrites::msi;
          case PCI_CAP_ID_EXP -> CapabilityWrites::express;
          case PCI_CAP_ID_AF -> CapabilityWrites::advancedFeatures;
          default -> null;
        };
    own(new Capability("capability 0x%02x".formatted(id), start, length, table, writes));
    if (id == PCI_CAP_ID_PM) {
      hideWakeup(start);
    }
    if (id == PCI_CAP_ID_EXP
        || id == PCI_CAP_ID_PCIX && StandardCapabilities.isPcix2(device, start)) {
      hasExtended =
          device.configSize() > PCI_CFG_SPACE_SIZE && device.readConfig(PCI_CFG_SPACE_SIZE, 4) != 0;
    }
  }

  /** Power management events go to the host, so the user's device has none. */
  private void hideWakeup(int start) {
    int pmc = LittleEndian.get(shadow, start + PCI_PM_PMC, 2);
    LittleEndian.put(shadow, start + PCI_PM_PMC, 2, pmc & ~PCI_PM_CAP_PME_MASK);
    int control = LittleEndian.get(shadow, start + PCI_PM_CTRL, 2);
    LittleEndian.put(
        shadow,
        start + PCI_PM_CTRL,
        2,
        control & ~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS));
  }

  private void extendedList() {
    int shown = 0;
    int previous = 0;
    int at = PCI_CFG_SPACE_SIZE;
    int left = (device.configSize() - PCI_CFG_SPACE_SIZE) / PCI_CAP_SIZEOF;
    while (at >= PCI_CFG_SPACE_SIZE && !isLoop(at) && left-- > 0) {
      int header = device.readConfig(at, 4);
      int id = header & 0xffff;
      int length = ExtendedCapabilities.length(device, id, at);
      if (length > 0) {
        addExtended(id, at, Math.min(length, device.configSize() - at));
        shown++;
        previous = at;
      } else if (previous == 0) {
        // the list cannot start elsewhere: an empty stub leads on
        addExtended(id, at, PCI_CAP_SIZEOF);
        LittleEndian.put(shadow, at, 4, header & NEXT_MASK);
        previous = at;
      } else {
        int link = LittleEndian.get(shadow, previous, 4);
        LittleEndian.put(shadow, previous, 4, link & ~NEXT_MASK | header & NEXT_MASK);
      }
      at = extendedNext(header);
    }
    if (shown == 0) {
      LittleEndian.put(shadow, PCI_CFG_SPACE_SIZE, 4, 0);
    }
  }

  private void addExtended(int id, int start, int length) {
    own(
        new Capability(
            "extended capability 0x%04x".formatted(id),
            start,
            length,
            ExtendedCapabilities.permissions(id, length),
            null));
  }

  /** Whether the list comes back to where it was: some devices' lists do, and lead on for ever. */
  private boolean isLoop(int at) {
    return owners[at] != null && owners[at].start() == at;
  }

  private void own(Capability capability) {
    int end = capability.start() + capability.length();
    for (int at = capability.start(); at < end; at++) {
      if (owners[at] != null) {
        LOG.log(
            Level.WARNING,
            "{0}: {1} at 0x{2} overlaps {3}",
            device.name(),
            capability.name(),
            Integer.toHexString(capability.start()),
            owners[at].name());
        break;
      }
    }
    Arrays.fill(owners, capability.start(), end, capability);
    for (int at = capability.start(); at < end; ) {
      int width = at % 4 == 0 && end - at >= 4 ? 4 : 1;
      LittleEndian.put(shadow, at, width, device.readConfig(at, width));
      at += width;
    }
  }
}

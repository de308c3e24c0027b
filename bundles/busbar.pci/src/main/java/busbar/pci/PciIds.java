package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.pci.PciDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a function says it is.
 *
 * @param vendor 16 bits, of a virtual function its physical one's
 * @param device 16 bits, of a virtual function what its physical one says
 * @param subvendor 16 bits
 * @param subdevice 16 bits
 * @param classCode 24 bits: base class, subclass, interface
 */
record PciIds(int vendor, int device, int subvendor, int subdevice, int classCode) {
  private static final int SRIOV_VF_DEVICE_ID = 0x1a;
  private static final int INTEL = 0x8086;

  static PciIds of(PciDevice function) {
    int vendor = function.readConfig(PCI_VENDOR_ID, 2) & 0xffff;
    int device = function.readConfig(PCI_DEVICE_ID, 2) & 0xffff;
    Optional<PciDevice> physical = function.physicalFunction();
    if (physical.isPresent()) {
      vendor = physical.get().readConfig(PCI_VENDOR_ID, 2) & 0xffff;
      int sriov = CapabilityLists.findExtended(physical.get(), PCI_EXT_CAP_ID_SRIOV);
      if (sriov != 0) {
        device = physical.get().readConfig(sriov + SRIOV_VF_DEVICE_ID, 2) & 0xffff;
      }
    }
    return new PciIds(
        vendor,
        device,
        function.readConfig(0x2c, 2) & 0xffff,
        function.readConfig(0x2e, 2) & 0xffff,
        function.readConfig(0x08, 4) >>> 8);
  }

  /** Accelerators whose virtual functions a user could use to harm the host. */
  boolean isDenied() {
    if (vendor != INTEL) {
      return false;
    }
    return switch (device) {
      case 0x19e2, 0x19e3, 0x37c8, 0x37c9, 0x0435, 0x0443, 0x0b25, 0x0cfe -> true;
      default -> false;
    };
  }

  /** Network cards whose INTx is known not to work. */
  boolean hasBrokenIntx() {
    return vendor == INTEL
        && (device == 0x1563
            || device == 0x1572
            || device == 0x1574
            || device == 0x1580
            || device == 0x1581
            || device >= 0x1583 && device <= 0x158b
            || device >= 0x37d0 && device <= 0x37d2);
  }

  boolean isVga() {
    return classCode >> 8 == PCI_CLASS_DISPLAY_VGA;
  }

  /** One entry of the parameter {@code ids}: -1 matches anything. */
  record Pattern(
      int vendor, int device, int subvendor, int subdevice, int classCode, int classMask) {
    boolean matches(PciIds ids) {
      return (vendor == -1 || vendor == ids.vendor)
          && (device == -1 || device == ids.device)
          && (subvendor == -1 || subvendor == ids.subvendor)
          && (subdevice == -1 || subdevice == ids.subdevice)
          && ((classCode ^ ids.classCode) & classMask) == 0;
    }

    /**
     * Reads {@code vendor:device[:subvendor[:subdevice[:class[:mask]]]]}, hexadecimal, several with
     * commas between them.
     *
     * @throws busbar.api.VfioException {@code EINVAL} if an entry is not of that form
     */
    static List<Pattern> parse(String text) {
      List<Pattern> patterns = new ArrayList<>();
      for (String entry : text.split(",")) {
        if (!entry.isBlank()) {
          patterns.add(parseOne(entry.strip()));
        }
      }
      return List.copyOf(patterns);
    }

    private static Pattern parseOne(String entry) {
      String[] fields = entry.split(":");
      if (fields.length < 2 || fields.length > 6) {
        throw wrong(entry);
      }
      int[] values = {-1, -1, -1, -1, 0, 0};
      try {
        for (int i = 0; i < fields.length; i++) {
          values[i] = Integer.parseUnsignedInt(fields[i], 16);
        }
      } catch (NumberFormatException e) {
        throw wrong(entry);
      }
      return new Pattern(values[0], values[1], values[2], values[3], values[4], values[5]);
    }

    private static RuntimeException wrong(String entry) {
      return Errno.EINVAL.because(
          "'%s' is not vendor:device[:subvendor[:subdevice[:class[:mask]]]] in hexadecimal", entry);
    }
  }

  /** The ids of a bus device, empty if it is no PCI function. */
  static Optional<PciIds> of(BusDevice device) {
    return device instanceof PciDevice function ? Optional.of(of(function)) : Optional.empty();
  }
}

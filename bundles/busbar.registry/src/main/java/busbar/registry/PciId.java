package busbar.registry;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.pci.PciDevice;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a driver was told to match by {@code new_id}: {@code vendor device [subvendor subdevice
 * [class mask]]}, hexadecimal.
 */
record PciId(int vendor, int device, int subVendor, int subDevice, int classCode, int classMask) {
  private static final int ANY = -1;
  private static final int ID = 0x00;
  private static final int CLASS = 0x08;
  private static final int SUBSYSTEM = 0x2c;

  /**
   * Reads the words of the sysfs file.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it has fewer than two or one is no number
   */
  static PciId parse(String text) {
    List<String> words = Arrays.stream(text.trim().split("\\s+")).toList();
    if (words.size() < 2) {
      throw Errno.EINVAL.because("\"%s\" is no id: a vendor and a device are needed", text);
    }
    return new PciId(
        word(words, 0, ANY),
        word(words, 1, ANY),
        word(words, 2, ANY),
        word(words, 3, ANY),
        word(words, 4, 0),
        word(words, 5, 0));
  }

  private static int word(List<String> words, int index, int otherwise) {
    if (index >= words.size()) {
      return otherwise;
    }
    String digits = words.get(index).toLowerCase(Locale.ROOT).replaceFirst("^0x", "");
    try {
      return Integer.parseUnsignedInt(digits, 16);
    } catch (NumberFormatException e) {
      throw Errno.EINVAL.because("\"%s\" is no hexadecimal number", words.get(index));
    }
  }

  boolean matches(BusDevice candidate) {
    if (!(candidate instanceof PciDevice pci)) {
      return false;
    }
    int id = pci.readConfig(ID, 4);
    int subsystem = pci.readConfig(SUBSYSTEM, 4);
    int classes = pci.readConfig(CLASS, 4) >>> 8;
    return fits(vendor, id & 0xffff)
        && fits(device, id >>> 16)
        && fits(subVendor, subsystem & 0xffff)
        && fits(subDevice, subsystem >>> 16)
        && ((classCode ^ classes) & classMask) == 0;
  }

  private static boolean fits(int wanted, int actual) {
    return wanted == ANY || wanted == actual;
  }

  /** Whether it names the same device as another, whatever the class. */
  boolean sameAs(PciId other) {
    return vendor == other.vendor
        && device == other.device
        && subVendor == other.subVendor
        && subDevice == other.subDevice
        && ((classCode ^ other.classCode) & classMask) == 0;
  }

  @Override
  public String toString() {
    return subVendor == ANY && subDevice == ANY
        ? "%04x %04x".formatted(vendor, device)
        : "%04x %04x %04x %04x".formatted(vendor, device, subVendor, subDevice);
  }
}

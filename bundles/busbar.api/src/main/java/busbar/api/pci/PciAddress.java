package busbar.api.pci;

/**
 * A PCI function's address.
 *
 * @param domain 0 to 65535
 * @param bus 0 to 255
 * @param device 0 to 31
 * @param function 0 to 7
 */
public record PciAddress(int domain, int bus, int device, int function)
    implements Comparable<PciAddress> {
  /**
   * Reads {@code dddd:bb:dd.f}.
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static PciAddress parse(String text) {
    if (!text.matches("[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]")) {
      throw new IllegalArgumentException(
          "'" + text + "' is no PCI address of the form dddd:bb:dd.f");
    }
    return new PciAddress(
        Integer.parseInt(text, 0, 4, 16),
        Integer.parseInt(text, 5, 7, 16),
        Integer.parseInt(text, 8, 10, 16),
        text.charAt(11) - '0');
  }

  /** Device and function in one byte, as the kernel packs them. */
  public int devfn() {
    return device << 3 | function;
  }

  /** Bus, device and function in 16 bits: the requester id. */
  public int requesterId() {
    return bus << 8 | devfn();
  }

  @Override
  public int compareTo(PciAddress other) {
    return Integer.compareUnsigned(
        domain << 16 | requesterId(), other.domain << 16 | other.requesterId());
  }

  @Override
  public String toString() {
    char[] text = new char[12];
    put(text, 0, 4, domain);
    text[4] = ':';
    put(text, 5, 2, bus);
    text[7] = ':';
    put(text, 8, 2, device);
    text[10] = '.';
    put(text, 11, 1, function);
    return new String(text);
  }

  private static void put(char[] text, int at, int digits, int value) {
    for (int i = digits - 1; i >= 0; i--) {
      text[at + i] = Character.forDigit(value & 15, 16);
      value >>= 4;
    }
  }
}

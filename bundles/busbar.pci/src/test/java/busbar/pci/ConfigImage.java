package busbar.pci;

/** Builds configuration spaces for tests: a header and capabilities, linked in the order given. */
final class ConfigImage {
  private final byte[] bytes;
  private int lastLink = 0x34;
  private int lastExtended;

  ConfigImage(int size) {
    bytes = new byte[size];
    put(0x00, 4, 0x10d3_8086);
    put(0x3d, 1, 1);
  }

  ConfigImage put(int at, int width, int value) {
    LittleEndian.put(bytes, at, width, value);
    return this;
  }

  /** A standard capability; its link is added to the one before. */
  ConfigImage capability(int at, int id) {
    put(6, 2, LittleEndian.get(bytes, 6, 2) | 0x10);
    bytes[lastLink] = (byte) at;
    bytes[at] = (byte) id;
    lastLink = at + 1;
    return this;
  }

  /** An extended capability; the first has to be at 0x100. */
  ConfigImage extended(int at, int id) {
    if (lastExtended != 0) {
      put(lastExtended, 4, LittleEndian.get(bytes, lastExtended, 4) | at << 20);
    }
    put(at, 4, id | 1 << 16);
    lastExtended = at;
    return this;
  }

  byte[] bytes() {
    return bytes;
  }

  FakeFunction function() {
    return new FakeFunction(bytes);
  }

  /** The card of the recorded PC: MSI-X at 0xa0 with five vectors in BAR 3, PM, MSI, PCIe. */
  static FakeFunction card() {
    return new ConfigImage(4096)
        .capability(0xc8, 0x01)
        .put(0xca, 2, 0xc822)
        .capability(0xd0, 0x05)
        .put(0xd2, 2, 0x0080)
        .capability(0xe0, 0x10)
        .put(0xe2, 2, 0x0001)
        .capability(0xa0, 0x11)
        .put(0xa2, 2, 0x0004)
        .put(0xa4, 4, 0x3)
        .put(0xa8, 4, 0x2003)
        .function()
        .withBar(0, 0x2_0000, 0x200)
        .withBar(2, 0x20, 0x100)
        .withBar(3, 0x4000, 0x200);
  }
}

package busbar.machine.internal.description;

/**
 * An option ROM of which only the size is known: a valid header (PCI Firmware 3.0, 5.1) and zeros.
 */
final class BlankRom {
  private static final int HEADER = 0x1c;

  private BlankRom() {}

  /** A ROM for the function with that configuration space. */
  static byte[] of(int size, byte[] config) {
    byte[] rom = new byte[size];
    rom[0] = 0x55;
    rom[1] = (byte) 0xaa;
    rom[2] = (byte) (size / 512);
    rom[0x18] = HEADER;
    System.arraycopy(
        "PCIR".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, rom, HEADER, 4);
    System.arraycopy(config, 0, rom, HEADER + 4, 4);
    rom[HEADER + 0x0a] = 0x18;
    System.arraycopy(config, 9, rom, HEADER + 0x0d, 3);
    rom[HEADER + 0x10] = rom[2];
    rom[HEADER + 0x15] = (byte) 0x80;
    return rom;
  }
}

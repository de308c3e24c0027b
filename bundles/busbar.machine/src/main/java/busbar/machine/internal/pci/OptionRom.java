package busbar.machine.internal.pci;

import busbar.api.memory.MmioWindow;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/** The option ROM: bytes that answer while the function decodes memory. */
record OptionRom(byte[] contents, long physical, long size, BooleanSupplier decodes)
    implements MmioWindow {
  private static final int BLOCK = 512;
  private static final int POINTER = 0x18;
  private static final int LENGTH = 0x10;
  private static final int INDICATOR = 0x15;

  @Override
  public long load(long offset, int width) {
    if (!decodes.getAsBoolean()) {
      return BarWindow.ones(width);
    }
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      int at = (int) offset + i;
      value = value << 8 | (at < contents.length ? contents[at] & 0xff : 0xff);
    }
    return value;
  }

  @Override
  public void store(long offset, int width, long value) {}

  /** The length of all images as their headers say it; 0 if the first has no valid header. */
  static int imageLength(byte[] rom) {
    int at = 0;
    while (at + POINTER + 2 <= rom.length && rom[at] == 0x55 && (rom[at + 1] & 0xff) == 0xaa) {
      int data = at + (rom[at + POINTER] & 0xff | (rom[at + POINTER + 1] & 0xff) << 8);
      if (data + INDICATOR >= rom.length
          || !Arrays.equals(
              Arrays.copyOfRange(rom, data, data + 4), new byte[] {'P', 'C', 'I', 'R'})) {
        return at;
      }
      int blocks = rom[data + LENGTH] & 0xff | (rom[data + LENGTH + 1] & 0xff) << 8;
      at += blocks * BLOCK;
      if ((rom[data + INDICATOR] & 0x80) != 0 || blocks == 0) {
        return at;
      }
    }
    return at;
  }
}

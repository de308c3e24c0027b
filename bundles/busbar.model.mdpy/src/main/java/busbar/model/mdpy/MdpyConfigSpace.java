package busbar.model.mdpy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The configuration space of a display. Guarded by the display's {@code opsLock}. */
final class MdpyConfigSpace {
  /** One byte short of what PCI has, as in the sample. */
  static final int SIZE = 0xff;

  private static final int COMMAND_IO_MEMORY = 0x0003;
  private static final int STATUS_CAPABILITIES = 0x0010;
  private static final int CLASS_DISPLAY_OTHER = 0x0380;
  private static final int BAR0 = 0x10;
  private static final int BAR0_PREFETCHABLE = 0x8;
  private static final int BAR_FLAGS = 0xf;
  private static final int CAPABILITIES = 0x34;
  private static final int VENDOR_CAPABILITY = 0x40;
  private static final int VENDOR_CAPABILITY_SIZE = 0x10;
  private static final int ALL_ONES = -1;

  private final ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final int memorySize;

  MdpyConfigSpace(Resolution resolution) {
    memorySize = resolution.memorySize();
    bytes.putShort(0x00, (short) 0x1b36);
    bytes.putShort(0x02, (short) 0x000f);
    bytes.putShort(0x04, (short) COMMAND_IO_MEMORY);
    bytes.putShort(0x06, (short) STATUS_CAPABILITIES);
    bytes.put(0x08, (byte) 1);
    bytes.putShort(0x0a, (short) CLASS_DISPLAY_OTHER);
    bytes.putInt(BAR0, BAR0_PREFETCHABLE);
    bytes.putShort(0x2c, (short) 0x1af4);
    bytes.putShort(0x2e, (short) 0x1100);
    bytes.put(CAPABILITIES, (byte) VENDOR_CAPABILITY);
    bytes.put(VENDOR_CAPABILITY, (byte) 0x09);
    bytes.put(VENDOR_CAPABILITY + 2, (byte) VENDOR_CAPABILITY_SIZE);
    bytes.putInt(VENDOR_CAPABILITY + 0x4, Resolution.DRM_FORMAT);
    bytes.putInt(VENDOR_CAPABILITY + 0x8, resolution.width());
    bytes.putInt(VENDOR_CAPABILITY + 0xc, resolution.height());
  }

  /** Reads a value; the byte behind the end is 0. */
  int read(int offset, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      value |= (offset + i < SIZE ? bytes.get(offset + i) & 0xff : 0) << 8 * i;
    }
    return value;
  }

  /** Only a write that begins at BAR0 changes anything: all ones ask for the size. */
  void write(int offset, int value) {
    if (offset == BAR0) {
      int address = value == ALL_ONES ? -memorySize : value & ~BAR_FLAGS;
      bytes.putInt(BAR0, address | bytes.get(BAR0) & BAR_FLAGS);
    }
  }

  byte[] image() {
    return bytes.array().clone();
  }

  /** Takes over what {@link #image} gave. */
  void restore(byte[] image) {
    bytes.put(0, image);
  }
}

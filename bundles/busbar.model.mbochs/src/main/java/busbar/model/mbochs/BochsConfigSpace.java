package busbar.model.mbochs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The configuration space of a display. Guarded by the display's {@code opsLock}. */
final class BochsConfigSpace {
  /** One byte short of what PCI has, as in the sample. */
  static final int SIZE = 0xff;

  private static final int COMMAND_IO_MEMORY = 0x0003;
  private static final int CLASS_DISPLAY_OTHER = 0x0380;
  private static final int BAR0 = 0x10;
  private static final int BAR0_PREFETCHABLE = 0x8;
  private static final int BAR2 = 0x18;
  private static final int BAR_FLAGS = 0xf;
  private static final int ALL_ONES = -1;

  private final ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final int memorySize;
  private final int registersSize;

  BochsConfigSpace(int memorySize, int registersSize) {
    this.memorySize = memorySize;
    this.registersSize = registersSize;
    bytes.putShort(0x00, (short) 0x1234);
    bytes.putShort(0x02, (short) 0x1111);
    bytes.putShort(0x04, (short) COMMAND_IO_MEMORY);
    bytes.put(0x08, (byte) 1);
    bytes.putShort(0x0a, (short) CLASS_DISPLAY_OTHER);
    bytes.putInt(BAR0, BAR0_PREFETCHABLE);
    bytes.putShort(0x2c, (short) 0x1af4);
    bytes.putShort(0x2e, (short) 0x1100);
  }

  /** Reads a value; the byte behind the end is 0. */
  int read(int offset, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      value |= (offset + i < SIZE ? bytes.get(offset + i) & 0xff : 0) << 8 * i;
    }
    return value;
  }

  /** Only a write that begins at a BAR changes anything: all ones ask for the size. */
  void write(int offset, int value) {
    if (offset == BAR0) {
      writeBar(BAR0, memorySize, value);
    } else if (offset == BAR2) {
      writeBar(BAR2, registersSize, value);
    }
  }

  byte[] image() {
    return bytes.array().clone();
  }

  /** Takes over what {@link #image} gave. */
  void restore(byte[] image) {
    bytes.put(0, image);
  }

  private void writeBar(int bar, int size, int value) {
    int address = value == ALL_ONES ? -size : value & ~BAR_FLAGS;
    bytes.putInt(bar, address | bytes.get(bar) & BAR_FLAGS);
  }
}

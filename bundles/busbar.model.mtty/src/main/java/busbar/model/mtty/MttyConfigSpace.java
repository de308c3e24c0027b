package busbar.model.mtty;

import busbar.api.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The configuration space of the card. Guarded by the card's {@code opsLock}. */
final class MttyConfigSpace {
  /** One byte short of what PCI has, as in the sample. */
  static final int SIZE = 0xff;

  /** Bytes of a port's I/O BAR. */
  static final int BAR_SIZE = 8;

  private static final int VENDOR_4348_DEVICE_3253 = 0x3253_4348;
  private static final int COMMAND = 0x04;
  private static final int STATUS = 0x06;
  private static final int REVISION = 0x08;
  private static final int PROGRAMMING_INTERFACE = 0x09;
  private static final int BASE_CLASS = 0x0b;
  private static final int BAR0 = 0x10;
  private static final int BAR1 = 0x14;
  private static final int SUBSYSTEM = 0x2c;
  private static final int INTERRUPT_LINE = 0x3c;
  private static final int INTERRUPT_PIN = 0x3d;
  private static final int IO_SPACE = 1;
  private static final int BAR_FLAGS = 3;
  private static final int ALL_ONES = -1;

  private final ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final int ports;

  MttyConfigSpace(int ports) {
    this.ports = ports;
    bytes.putInt(0, VENDOR_4348_DEVICE_3253);
    bytes.putShort(COMMAND, (short) IO_SPACE);
    bytes.putShort(STATUS, (short) 0x0200);
    bytes.put(REVISION, (byte) 0x10);
    bytes.put(PROGRAMMING_INTERFACE, (byte) 0x02);
    bytes.put(BASE_CLASS, (byte) 0x07);
    bytes.putInt(BAR0, IO_SPACE);
    if (ports == 2) {
      bytes.putInt(BAR1, IO_SPACE);
    }
    bytes.putInt(SUBSYSTEM, VENDOR_4348_DEVICE_3253);
    bytes.put(INTERRUPT_PIN, (byte) 1);
    bytes.put(0x40, (byte) 0x23);
    bytes.put(0x43, (byte) 0x80);
    bytes.put(0x44, (byte) 0x23);
    bytes.put(0x48, (byte) 0x23);
    bytes.put(0x4c, (byte) 0x23);
    bytes.put(0x60, "PCI Serial/UART".getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads a value; bytes beyond the end are 0. */
  int read(long offset, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      long at = offset + i;
      value |= (at < SIZE ? bytes.get((int) at) & 0xff : 0) << 8 * i;
    }
    return value;
  }

  /**
   * Writes a value at exactly the offset of a register that takes it: a write that begins elsewhere
   * changes nothing, whatever it covers.
   */
  void write(int offset, int value) {
    switch (offset) {
      case BAR0 -> writeBar(BAR0, value);
      case BAR1 -> {
        if (ports == 2) {
          writeBar(BAR1, value);
        }
      }
      case INTERRUPT_LINE -> bytes.put(INTERRUPT_LINE, (byte) value);
      default -> {
        // read-only, or a BAR that the card lacks and that stays 0
      }
    }
  }

  /** All ones asks for the size; any other address is kept as it is. */
  private void writeBar(int bar, int value) {
    int address = value == ALL_ONES ? -BAR_SIZE : value;
    bytes.putInt(bar, address | bytes.get(bar) & BAR_FLAGS);
  }

  byte[] image() {
    return bytes.array().clone();
  }

  /** {@code EINVAL} if the image has another size. */
  static void check(byte[] image) {
    if (image.length != SIZE) {
      throw Errno.EINVAL.because("a configuration space of %d bytes, not %d", image.length, SIZE);
    }
  }

  /** Takes over what {@link #image} gave and {@link #check} accepts. */
  void restore(byte[] image) {
    bytes.put(0, image);
  }
}

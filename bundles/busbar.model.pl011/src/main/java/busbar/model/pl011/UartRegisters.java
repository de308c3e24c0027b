package busbar.model.pl011;

/** Register offsets and bits of the PL011 (DDI 0183). */
final class UartRegisters {
  static final int DATA = 0x00;
  static final int ERRORS = 0x04;
  static final int FLAGS = 0x18;
  static final int IRDA_DIVISOR = 0x20;
  static final int BAUD_INTEGER = 0x24;
  static final int BAUD_FRACTION = 0x28;
  static final int LINE_CONTROL = 0x2c;
  static final int CONTROL = 0x30;
  static final int FIFO_LEVELS = 0x34;
  static final int MASK = 0x38;
  static final int RAW_STATUS = 0x3c;
  static final int MASKED_STATUS = 0x40;
  static final int CLEAR = 0x44;
  static final int DMA_CONTROL = 0x48;
  static final int IDENTIFICATION = 0xfe0;
  static final int END = 0x1000;

  static final int DATA_BREAK = 1 << 10;
  static final int DATA_OVERRUN = 1 << 11;
  static final int ERRORS_OVERRUN = 1 << 3;

  static final int LINE_BREAK = 1;
  static final int LINE_FIFO = 1 << 4;

  static final int CONTROL_ENABLE = 1;
  static final int CONTROL_LOOPBACK = 1 << 7;
  static final int CONTROL_TRANSMIT = 1 << 8;
  static final int CONTROL_RECEIVE = 1 << 9;

  static final int FLAG_RECEIVE_EMPTY = 1 << 4;
  static final int FLAG_RECEIVE_FULL = 1 << 6;
  static final int FLAG_TRANSMIT_EMPTY = 1 << 7;

  static final int INTERRUPT_RING = 1;
  static final int INTERRUPT_CLEAR_TO_SEND = 1 << 1;
  static final int INTERRUPT_CARRIER = 1 << 2;
  static final int INTERRUPT_DATA_SET_READY = 1 << 3;
  static final int INTERRUPT_RECEIVE = 1 << 4;
  static final int INTERRUPT_TRANSMIT = 1 << 5;
  static final int INTERRUPT_TIMEOUT = 1 << 6;
  static final int INTERRUPT_BREAK = 1 << 9;
  static final int INTERRUPT_OVERRUN = 1 << 10;
  static final int INTERRUPTS = 0x7ff;

  static final int CONTROL_RESET = 0x300;
  static final int FIFO_LEVELS_RESET = 0x12;
  static final int[] IDENTIFICATION_BYTES = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

  private UartRegisters() {}
}

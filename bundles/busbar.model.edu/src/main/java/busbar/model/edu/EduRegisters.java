package busbar.model.edu;

/** Register offsets and bits of the edu device, as QEMU's specification of it gives them. */
final class EduRegisters {
  static final int IDENTIFICATION = 0x00;
  static final int LIVENESS = 0x04;
  static final int FACTORIAL = 0x08;
  static final int STATUS = 0x20;
  static final int INTERRUPT_STATUS = 0x24;
  static final int INTERRUPT_RAISE = 0x60;
  static final int INTERRUPT_ACKNOWLEDGE = 0x64;
  static final int DMA_SOURCE = 0x80;
  static final int DMA_DESTINATION = 0x88;
  static final int DMA_COUNT = 0x90;
  static final int DMA_COMMAND = 0x98;

  /** Registers below this offset take 4-byte accesses alone. */
  static final int WIDE_REGISTERS = 0x80;

  /** Version 1.0, and the letters that say edu. */
  static final int IDENTIFICATION_VALUE = 0x0100_00ed;

  static final int STATUS_COMPUTING = 0x01;
  static final int STATUS_INTERRUPT_AFTER_FACTORIAL = 0x80;

  static final int INTERRUPT_FACTORIAL = 0x001;
  static final int INTERRUPT_DMA = 0x100;

  static final int COMMAND_RUN = 0x1;

  /** Set: from the device's buffer to memory. */
  static final int COMMAND_TO_MEMORY = 0x2;

  static final int COMMAND_INTERRUPT = 0x4;

  /** Where the device's buffer lies in the addresses that DMA commands use. */
  static final long BUFFER_START = 0x40000;

  static final int BUFFER_SIZE = 4096;

  /** The device drives 28 address bits. */
  static final long DMA_MASK = (1L << 28) - 1;

  private EduRegisters() {}
}

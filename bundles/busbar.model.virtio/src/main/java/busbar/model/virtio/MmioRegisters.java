package busbar.model.virtio;

/** Registers of the transport in memory (virtio 1.2, section 4.2.2). */
final class MmioRegisters {
  static final int MAGIC = 0x000;
  static final int VERSION = 0x004;
  static final int DEVICE_TYPE = 0x008;
  static final int VENDOR = 0x00c;
  static final int DEVICE_FEATURES = 0x010;
  static final int DEVICE_FEATURES_SELECT = 0x014;
  static final int DRIVER_FEATURES = 0x020;
  static final int DRIVER_FEATURES_SELECT = 0x024;
  static final int QUEUE_SELECT = 0x030;
  static final int QUEUE_SIZE_LARGEST = 0x034;
  static final int QUEUE_SIZE = 0x038;
  static final int QUEUE_READY = 0x044;
  static final int QUEUE_NOTIFY = 0x050;
  static final int INTERRUPT_STATUS = 0x060;
  static final int INTERRUPT_ACKNOWLEDGE = 0x064;
  static final int STATUS = 0x070;
  static final int QUEUE_DESCRIPTORS = 0x080;
  static final int QUEUE_DRIVER = 0x090;
  static final int QUEUE_DEVICE = 0x0a0;
  static final int QUEUE_RESET = 0x0c0;
  static final int CONFIG = 0x100;

  /** The letters "virt". */
  static final int MAGIC_VALUE = 0x74726976;

  static final int VERSION_LEGACY = 1;
  static final int VERSION_MODERN = 2;
  static final int VENDOR_VALUE = 0x554d4551;

  private MmioRegisters() {}
}

package busbar.tour;

import busbar.client.Region;

/** The registers of an edu device, which have the byte order of the board. */
final class EduRegisters {
  private static final long IDENTIFICATION = 0x00;
  private static final int DEVICE_ID = 0xed;

  private final Region bar0;
  private final boolean swapped;

  /** Looks at the identification register, which tells the byte order. */
  EduRegisters(Region bar0) {
    this.bar0 = bar0;
    int identification = bar0.read32(IDENTIFICATION);
    swapped = (Integer.reverseBytes(identification) & 0xffff) == DEVICE_ID;
    Check.that(
        swapped || (identification & 0xffff) == DEVICE_ID,
        "the device says 0x%08x, not edu",
        identification);
  }

  int read32(long at) {
    int value = bar0.read32(at);
    return swapped ? Integer.reverseBytes(value) : value;
  }

  void write32(long at, int value) {
    bar0.write32(at, swapped ? Integer.reverseBytes(value) : value);
  }

  long read64(long at) {
    long value = bar0.read64(at);
    return swapped ? Long.reverseBytes(value) : value;
  }

  void write64(long at, long value) {
    bar0.write64(at, swapped ? Long.reverseBytes(value) : value);
  }
}

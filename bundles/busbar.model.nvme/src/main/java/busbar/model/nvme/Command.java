package busbar.model.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A submission queue entry (NVMe base specification 1.4, section 4.2).
 *
 * @param identifier the host's, unique in its queue
 * @param dataPointer how memory is described: 0 PRP, else SGL
 * @param d10 command dwords 10 to 15
 */
record Command(
    int opcode,
    int dataPointer,
    int identifier,
    int namespace,
    long prp1,
    long prp2,
    int d10,
    int d11,
    int d12,
    int d13,
    int d14,
    int d15) {
  static final int SIZE = 64;

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static Command of(MemorySegment entry) {
    int first = entry.get(U32, 0);
    return new Command(
        first & 0xff,
        first >>> 14 & 3,
        first >>> 16,
        entry.get(U32, 4),
        entry.get(U64, 24),
        entry.get(U64, 32),
        entry.get(U32, 40),
        entry.get(U32, 44),
        entry.get(U32, 48),
        entry.get(U32, 52),
        entry.get(U32, 56),
        entry.get(U32, 60));
  }

  /** Dwords 10 and 11 as one number. */
  long d10and11() {
    return Integer.toUnsignedLong(d10) | (long) d11 << 32;
  }
}

package busbar.pci;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian numbers of 1, 2, 4 or 8 bytes in arrays and segments, at any alignment. */
final class LittleEndian {
  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}

  /** Reads up to 4 bytes. */
  static int get(byte[] bytes, int at, int width) {
    int value = 0;
    for (int i = width - 1; i >= 0; i--) {
      value = value << 8 | bytes[at + i] & 0xff;
    }
    return value;
  }

  /** Writes up to 4 bytes. */
  static void put(byte[] bytes, int at, int width, int value) {
    for (int i = 0; i < width; i++) {
      bytes[at + i] = (byte) (value >>> 8 * i);
    }
  }

  static long get(MemorySegment segment, long at, int width) {
    return switch (width) {
      case 1 -> segment.get(U8, at) & 0xffL;
      case 2 -> segment.get(U16, at) & 0xffffL;
      case 4 -> segment.get(U32, at) & 0xffff_ffffL;
      default -> segment.get(U64, at);
    };
  }

  static void put(MemorySegment segment, long at, int width, long value) {
    switch (width) {
      case 1 -> segment.set(U8, at, (byte) value);
      case 2 -> segment.set(U16, at, (short) value);
      case 4 -> segment.set(U32, at, (int) value);
      default -> segment.set(U64, at, value);
    }
  }

  /** All bits of a number of that width: 1, 2 or 4 bytes. */
  static int mask(int width) {
    return width == 4 ? -1 : (1 << 8 * width) - 1;
  }
}

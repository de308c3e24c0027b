package busbar.uapi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The scalar types of the kernel's user headers, host-endian, at any address. */
final class Abi {

  static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  static final ValueLayout.OfInt S32 = ValueLayout.JAVA_INT_UNALIGNED;
  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private Abi() {}

  static byte[] bytes(MemorySegment s, long at, int length) {
    return s.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
  }

  static void put(byte[] bytes, MemorySegment s, long at) {
    MemorySegment.copy(bytes, 0, s, ValueLayout.JAVA_BYTE, at, bytes.length);
  }

  static byte[] copyOf(byte[] bytes, int length) {
    if (bytes.length != length) {
      throw new IllegalArgumentException(
          "The array has " + length + " bytes in the struct, but " + bytes.length + " were given.");
    }
    return bytes.clone();
  }
}

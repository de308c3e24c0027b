package busbar.conformance.play;

import busbar.conformance.scenario.BadStepException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** Bytes as steps and results write them, and the native buffers that they travel in. */
final class Bytes {
  /** The most that one step reads, writes or builds. */
  static final int MOST = 64 << 20;

  private static final int SHOWN = 512;
  private static final int FNV_PRIME = 0x01000193;
  private static final int FNV_BASIS = 0x811c9dc5;

  private Bytes() {}

  /** The bytes of a hexadecimal word; {@code ""} stands for none. */
  static byte[] parse(String hex) {
    String digits = hex.equals("\"\"") ? "" : hex;
    try {
      return HexFormat.of().parseHex(digits);
    } catch (IllegalArgumentException e) {
      throw BadStepException.because("\"%s\" is not a row of bytes", hex);
    }
  }

  /** All bytes, or the first of many with the FNV-1a hash of all. */
  static String shorten(byte[] bytes) {
    if (bytes.length <= SHOWN) {
      return hex(bytes);
    }
    int hash = FNV_BASIS;
    for (byte b : bytes) {
      hash = (hash ^ b & 0xff) * FNV_PRIME;
    }
    return HexFormat.of().formatHex(bytes, 0, SHOWN) + String.format("... fnv=%08x", hash);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** Native memory with exactly these bytes. */
  static MemorySegment segment(byte[] bytes) {
    MemorySegment segment = segment(bytes.length);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }

  /** Zeroed native memory; whoever is called may look at it from another thread. */
  static MemorySegment segment(long size) {
    return Arena.ofAuto().allocate(size, 8);
  }

  static byte[] array(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  /** A length that a step asks for; the step is bad if it is out of reason. */
  static int length(long length) {
    if (length < 0 || length > MOST) {
      throw BadStepException.because(
          "%s bytes are more than a step can have", Long.toUnsignedString(length));
    }
    return (int) length;
  }

  /** The little-endian bytes of a value. */
  static byte[] little(long value, int width) {
    byte[] bytes = new byte[width];
    for (int i = 0; i < width; i++) {
      bytes[i] = (byte) (value >>> 8 * i);
    }
    return bytes;
  }

  /** The value of little-endian bytes, at most eight. */
  static long little(byte[] bytes, int count) {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value |= (bytes[i] & 0xffL) << 8 * i;
    }
    return value;
  }
}

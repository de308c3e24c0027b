package busbar.model.nvme;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Little-endian fields of data structures. */
final class Le {
  private Le() {}

  static long get(byte[] bytes, int at, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= (bytes[at + i] & 0xffL) << (8 * i);
    }
    return value;
  }

  static void put(byte[] bytes, int at, int width, long value) {
    for (int i = 0; i < width; i++) {
      bytes[at + i] = (byte) (value >>> (8 * i));
    }
  }

  /** Text, filled up with spaces. */
  static void text(byte[] bytes, int at, int width, String text) {
    Arrays.fill(bytes, at, at + width, (byte) ' ');
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, bytes, at, Math.min(width, ascii.length));
  }
}

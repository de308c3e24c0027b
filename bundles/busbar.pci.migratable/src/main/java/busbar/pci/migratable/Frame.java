package busbar.pci.migratable;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The form of the data: frames, each with its checksum, so that damage is found where it is and a
 * stream that does not fit is refused by its first bytes. Big-endian.
 *
 * <pre>
 * frame  = u8 type, u32 length of the payload, payload, u32 CRC-32C of all before
 * 'H'    = "BBmigPCI", u16 form (1), kind in UTF-8           once, first
 * 'D'    = u64 offset in the image, 1 to 65536 bytes         overwrites or appends, leaves no hole
 * 'E'    = u64 size of the image, u32 CRC-32C of the image   once, last
 * </pre>
 */
final class Frame {
  static final byte HEADER = 'H';
  static final byte DATA = 'D';
  static final byte END = 'E';

  static final long MAGIC = 0x42426d6967504349L;
  static final short FORM = 1;
  static final int PREFIX = 5;
  static final int CHECKSUM = 4;
  static final int MAX_DATA = 1 << 16;
  static final int MAX_PAYLOAD = Long.BYTES + MAX_DATA;
  static final int END_PAYLOAD = 12;

  private Frame() {}

  static byte[] header(byte[] kind) {
    ByteBuffer frame = begin(HEADER, 10 + kind.length);
    return end(frame.putLong(MAGIC).putShort(FORM).put(kind));
  }

  static byte[] data(byte[] image, int from, int to) {
    ByteBuffer frame = begin(DATA, Long.BYTES + to - from);
    return end(frame.putLong(from).put(image, from, to - from));
  }

  static byte[] end(byte[] image) {
    ByteBuffer frame = begin(END, END_PAYLOAD);
    return end(frame.putLong(image.length).putInt(checksum(image, image.length)));
  }

  /** The size of a frame with that payload. */
  static int size(int payload) {
    return PREFIX + payload + CHECKSUM;
  }

  private static ByteBuffer begin(byte type, int payload) {
    return ByteBuffer.allocate(size(payload)).put(type).putInt(payload);
  }

  private static byte[] end(ByteBuffer frame) {
    return frame.putInt(checksum(frame.array(), frame.position())).array();
  }

  static int checksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}

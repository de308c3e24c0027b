package busbar.model.mtty;

import busbar.api.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The migration data of a card, {@code struct mtty_data}: a header and the ports that the card
 * shows.
 */
final class MttyImage {
  /** Bytes before the first port. */
  static final int HEADER_SIZE = 24;

  private static final long MAGIC = 0x7e9d_0989_8c3e_2c4eL;
  private static final int MAJOR = 1;
  private static final int MINOR = 0;
  private static final int AT_MAJOR = 8;
  private static final int AT_MINOR = 12;
  private static final int AT_PORTS = 16;
  private static final int AT_FLAGS = 20;

  private MttyImage() {}

  static int size(int ports) {
    return HEADER_SIZE + ports * SerialPort.IMAGE_SIZE;
  }

  static byte[] header(int ports) {
    return ByteBuffer.allocate(HEADER_SIZE)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0, MAGIC)
        .putInt(AT_MAJOR, MAJOR)
        .putInt(AT_MINOR, MINOR)
        .putInt(AT_PORTS, ports)
        .array();
  }

  /** {@code EFAULT} if the data is of something else, another version or another type of card. */
  static void checkHeader(byte[] data, int ports) {
    ByteBuffer header = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    if (header.getLong(0) != MAGIC
        || header.getInt(AT_MAJOR) != MAJOR
        || header.getInt(AT_MINOR) != MINOR
        || header.getInt(AT_PORTS) != ports
        || header.getInt(AT_FLAGS) != 0) {
      throw Errno.EFAULT.because(
          "this is not the state of an mtty with %d ports, version %d.%d: magic 0x%x, version"
              + " %d.%d, %d ports, flags 0x%x",
          ports,
          MAJOR,
          MINOR,
          header.getLong(0),
          header.getInt(AT_MAJOR),
          header.getInt(AT_MINOR),
          header.getInt(AT_PORTS),
          header.getInt(AT_FLAGS));
    }
  }

  static List<byte[]> ports(byte[] data, int ports) {
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < ports; i++) {
      byte[] image = new byte[SerialPort.IMAGE_SIZE];
      System.arraycopy(data, size(i), image, 0, image.length);
      images.add(image);
    }
    return images;
  }
}

package busbar.api.mdev;

import busbar.api.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Splits a read or write of a device file into accesses as hardware sees them: four bytes where
 * four are left at a multiple of four, then two, then one. Values are little-endian.
 */
public final class NaturalAccess {
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NaturalAccess() {}

  /** Reads a register. */
  @FunctionalInterface
  public interface Load {
    /**
     * @param offset in the device file
     * @param width 1, 2 or 4
     * @return the value in the low bytes, the others are not looked at
     */
    int load(long offset, int width);
  }

  /** Writes a register. */
  @FunctionalInterface
  public interface Store {
    /**
     * @param offset in the device file
     * @param width 1, 2 or 4
     * @param value the bytes written, unsigned
     */
    void store(long offset, int width, int value);
  }

  /**
   * Fills the buffer from the device.
   *
   * @return its size; a failure of an access fails the whole read
   * @throws busbar.api.VfioException {@code EFAULT} if the buffer cannot be written
   */
  public static int read(MemorySegment buffer, long offset, Load device) {
    if (buffer.isReadOnly()) {
      throw Errno.EFAULT.because("the buffer at 0x%x cannot be written", buffer.address());
    }
    long size = buffer.byteSize();
    for (long done = 0; done < size; ) {
      int width = width(offset + done, size - done);
      int value = device.load(offset + done, width);
      switch (width) {
        case 4 -> buffer.set(LE32, done, value);
        case 2 -> buffer.set(LE16, done, (short) value);
        default -> buffer.set(ValueLayout.JAVA_BYTE, done, (byte) value);
      }
      done += width;
    }
    return (int) size;
  }

  /**
   * Gives the buffer to the device.
   *
   * @return its size; a failure of an access fails the whole write, what came before it has
   *     happened
   */
  public static int write(MemorySegment buffer, long offset, Store device) {
    long size = buffer.byteSize();
    for (long done = 0; done < size; ) {
      int width = width(offset + done, size - done);
      int value =
          switch (width) {
            case 4 -> buffer.get(LE32, done);
            case 2 -> buffer.get(LE16, done) & 0xffff;
            default -> buffer.get(ValueLayout.JAVA_BYTE, done) & 0xff;
          };
      device.store(offset + done, width, value);
      done += width;
    }
    return (int) size;
  }

  private static int width(long offset, long left) {
    if (left >= 4 && (offset & 3) == 0) {
      return 4;
    }
    return left >= 2 && (offset & 1) == 0 ? 2 : 1;
  }
}

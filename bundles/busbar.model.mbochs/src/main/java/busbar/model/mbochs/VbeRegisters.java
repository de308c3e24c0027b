package busbar.model.mbochs;

import busbar.api.Errno;
import java.util.Arrays;
import java.util.Optional;

/**
 * The Bochs display interface: eleven registers of 16 bits. Guarded by the display's {@code
 * opsLock}.
 */
final class VbeRegisters {
  private static final int ID = 0;
  private static final int WIDTH = 1;
  private static final int HEIGHT = 2;
  private static final int BITS_PER_PIXEL = 3;
  private static final int ENABLE = 4;
  private static final int VIRTUAL_WIDTH = 6;
  private static final int X_OFFSET = 8;
  private static final int Y_OFFSET = 9;
  private static final int MEMORY_64K = 10;
  private static final int COUNT = 11;

  private static final int ID5 = 0xb0c5;
  private static final int ENABLED = 1;
  private static final int SUPPORTED_BITS = 32;
  private static final int BYTES_PER_PIXEL = 4;
  private static final int SMALLEST_SIDE = 64;

  /**
   * What is shown.
   *
   * @param stride bytes of a row
   * @param offset of its first byte in video memory
   * @param size in bytes
   */
  record Mode(int width, int height, int stride, long offset, long size) {}

  private final int[] values = new int[COUNT];
  private final int memorySize;

  VbeRegisters(int memorySize) {
    this.memorySize = memorySize;
    reset();
  }

  void reset() {
    Arrays.fill(values, 0);
    values[ID] = ID5;
    values[MEMORY_64K] = memorySize >> 16;
  }

  int read(int index) {
    return index < COUNT ? values[index] : 0;
  }

  void write(int index, int value) {
    if (index < COUNT) {
      values[index] = value;
    }
  }

  /** All registers, as numbers. */
  long[] image() {
    return Arrays.stream(values).asLongStream().toArray();
  }

  /** {@code EINVAL} if these are not the registers of such a display. */
  static void check(long[] image) {
    if (image.length != COUNT
        || Arrays.stream(image).anyMatch(value -> value < 0 || value > 0xffff)) {
      throw Errno.EINVAL.because("not eleven registers of 16 bits: %s", Arrays.toString(image));
    }
  }

  /** Takes over what {@link #image} gave and {@link #check} accepts. */
  void restore(long[] image) {
    Arrays.setAll(values, i -> (int) image[i]);
  }

  /**
   * The picture that the registers describe, if it is one: enabled, 32 bits, of a size that fits.
   */
  Optional<Mode> mode() {
    if ((values[ENABLE] & ENABLED) == 0 || values[BITS_PER_PIXEL] != SUPPORTED_BITS) {
      return Optional.empty();
    }
    int width = values[WIDTH];
    int height = values[HEIGHT];
    int stride = Math.max(width, values[VIRTUAL_WIDTH]) * BYTES_PER_PIXEL;
    long size = (long) stride * height;
    long offset = (long) values[X_OFFSET] * BYTES_PER_PIXEL + (long) values[Y_OFFSET] * stride;
    boolean fits = width >= SMALLEST_SIDE && height >= SMALLEST_SIDE && offset + size <= memorySize;
    return fits ? Optional.of(new Mode(width, height, stride, offset, size)) : Optional.empty();
  }
}

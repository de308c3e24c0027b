package busbar.machine.model;

/**
 * The access sizes of a register block: which it accepts, and in which it is built.
 *
 * <p>An access of a size that is not accepted reads as zero, or is dropped. One that is wider than
 * the registers are built is split; one that is narrower reaches the register with the offset as it
 * is and the low bits of the value, as a bus without byte enables does it.
 *
 * @param smallest the smallest accepted size in bytes
 * @param largest the largest accepted size
 * @param builtSmallest the smallest size that the registers are asked for
 * @param builtLargest the largest size that the registers are asked for
 */
public record AccessSizes(int smallest, int largest, int builtSmallest, int builtLargest) {
  /** Reads one register. */
  @FunctionalInterface
  public interface Reader {
    long read(long offset, int width);
  }

  /** Writes one register. */
  @FunctionalInterface
  public interface Writer {
    void write(long offset, int width, long value);
  }

  /** Accepts every size; built of registers of that size alone. */
  public static AccessSizes builtOf(int size) {
    return new AccessSizes(1, 8, size, size);
  }

  /** Accepts and is built for these sizes. */
  public static AccessSizes between(int smallest, int largest) {
    return new AccessSizes(smallest, largest, smallest, largest);
  }

  /** Whether the block answers accesses of this size. */
  public boolean accepts(int width) {
    return width >= smallest && width <= largest;
  }

  /** Reads with as many register accesses as it takes; the value is cut to {@code width}. */
  public long read(long offset, int width, Reader reader) {
    if (!accepts(width)) {
      return 0;
    }
    int step = step(width);
    long value = 0;
    for (int at = 0; at < width; at += step) {
      value |= mask(reader.read(offset + at, step), step) << (8 * at);
    }
    return mask(value, width);
  }

  /** Writes with as many register accesses as it takes, lowest first. */
  public void write(long offset, int width, long value, Writer writer) {
    if (!accepts(width)) {
      return;
    }
    int step = step(width);
    long bits = mask(value, width);
    for (int at = 0; at < width; at += step) {
      writer.write(offset + at, step, mask(bits >>> (8 * at), step));
    }
  }

  private int step(int width) {
    return Math.max(Math.min(width, builtLargest), builtSmallest);
  }

  /** The low {@code width} bytes of a value. */
  public static long mask(long value, int width) {
    return width >= 8 ? value : value & ((1L << (8 * width)) - 1);
  }
}

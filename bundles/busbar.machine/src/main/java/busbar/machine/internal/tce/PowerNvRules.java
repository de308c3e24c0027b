package busbar.machine.internal.tce;

import busbar.api.Errno;

/**
 * Bare metal: the kernel builds the tables, of up to five levels, and keeps beside each one a copy
 * of the same size that says which user address an entry stands for. Both are charged.
 */
final class PowerNvRules implements WindowRules {
  static final int MAX_LEVELS = 5;

  /** PHB4: 4 KiB, 64 KiB, 2 MiB, 1 GiB. */
  private static final long PAGE_SIZES = 1L << 12 | 1L << 16 | 1L << 21 | 1L << 30;

  /** Bits of a bus address that a table may translate. */
  private static final int ADDRESS_BITS = 55;

  private static final int ENTRY_SHIFT = 3;
  private static final long SMALLEST_TABLE = 0x1000;
  private static final long SECOND_WINDOW = 1L << 59;

  private final long defaultStart;
  private final int hostPageShift;

  /**
   * The rules.
   *
   * @param defaultStart bus address of window 0
   * @param hostPageSize a level takes whole pages of the host
   */
  PowerNvRules(long defaultStart, int hostPageSize) {
    this.defaultStart = defaultStart;
    this.hostPageShift = Integer.numberOfTrailingZeros(hostPageSize);
  }

  @Override
  public Object operations() {
    return PowerNvRules.class;
  }

  @Override
  public long pageSizes() {
    return PAGE_SIZES;
  }

  @Override
  public int maxLevels() {
    return MAX_LEVELS;
  }

  @Override
  public long tableSize(int pageShift, long windowSize, int levels) {
    if (!isPossible(pageShift, windowSize, levels)) {
      return 0;
    }
    int entriesShift = entriesShift(pageShift, windowSize);
    long part = Math.max(SMALLEST_TABLE, 1L << entriesShift + ENTRY_SHIFT);
    long level = 1L << levelShift(entriesShift, levels);
    long bytes = 0;
    for (int left = levels; left > 0; left--) {
      bytes += (part + level - 1) / level * level;
      part = Math.max(part / level << ENTRY_SHIFT, level);
    }
    return bytes + bytes;
  }

  private static boolean isPossible(int pageShift, long windowSize, int levels) {
    return levels >= 1
        && levels <= MAX_LEVELS
        && Long.bitCount(windowSize) == 1
        && entriesShift(pageShift, windowSize) >= 0
        && entriesShift(pageShift, windowSize) + ENTRY_SHIFT < Long.SIZE - 1;
  }

  private static int entriesShift(int pageShift, long windowSize) {
    return Long.numberOfTrailingZeros(windowSize) - pageShift;
  }

  private int levelShift(int entriesShift, int levels) {
    return Math.max((entriesShift + levels - 1) / levels + ENTRY_SHIFT, hostPageShift);
  }

  @Override
  public long place(int number, int pageShift, long windowSize, int levels) {
    if (!isPossible(pageShift, windowSize, levels)) {
      throw Errno.EINVAL.because(
          "a window of 0x%x bytes with pages of 2^%d bytes and %d levels is impossible",
          windowSize, pageShift, levels);
    }
    int levelBits = levelShift(entriesShift(pageShift, windowSize), levels) - ENTRY_SHIFT;
    if (levelBits * levels + pageShift >= ADDRESS_BITS) {
      throw Errno.EINVAL.because(
          "%d levels of 2^%d entries with pages of 2^%d bytes reach beyond 2^%d",
          levels, levelBits, pageShift, ADDRESS_BITS);
    }
    return number == 0 ? defaultStart : SECOND_WINDOW;
  }

  @Override
  public void made(int number, SimTceTable table) {}

  @Override
  public void checkShow(int number, SimTceTable table) {}

  @Override
  public void hidden(int number) {}

  @Override
  public void taken() {}

  @Override
  public void released() {}
}

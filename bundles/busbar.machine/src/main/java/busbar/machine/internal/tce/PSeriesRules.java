package busbar.machine.internal.tce;

import busbar.api.Errno;

/**
 * A partition: the hypervisor's firmware owns the tables, which have one level, and names one
 * default window (4 KiB pages, up to the size that the device tree tells) and at most one dynamic
 * one. A table belongs to the group that it was made for.
 *
 * <p>The host keeps a dynamic window as a property of the endpoint's node, of which there can be
 * one; and once firmware has refused to make a window, the host asks it no more for that node.
 */
final class PSeriesRules implements WindowRules {
  /** 4 KiB, 64 KiB, 2 MiB, 16 MiB. */
  private static final long PAGE_SIZES = 1L << 12 | 1L << 16 | 1L << 21 | 1L << 24;

  private static final int PAGE_SHIFT_4K = 12;
  private static final int ENTRY_SHIFT = 3;

  /** What the host takes for tables of several levels, all ones in 32 bits. */
  private static final long SIZE_OF_LEVELS = 0xffff_ffffL;

  /** The most entries that firmware offers. */
  private static final long MOST_ENTRIES = 1L << 31;

  private static final long SECOND_WINDOW = 1L << 59;

  private final long defaultStart;
  private final long defaultSize;
  private final SimTceTable[] made = new SimTceTable[2];
  private boolean hasDefault = true;
  private boolean hasDynamic;
  private boolean refused;

  PSeriesRules(long defaultStart, long defaultSize) {
    this.defaultStart = defaultStart;
    this.defaultSize = defaultSize;
  }

  @Override
  public Object operations() {
    return PSeriesRules.class;
  }

  @Override
  public long pageSizes() {
    return PAGE_SIZES;
  }

  @Override
  public int maxLevels() {
    return 1;
  }

  @Override
  public long tableSize(int pageShift, long windowSize, int levels) {
    return Integer.compareUnsigned(levels, 1) > 0
        ? SIZE_OF_LEVELS
        : windowSize >>> pageShift - ENTRY_SHIFT;
  }

  @Override
  public long place(int number, int pageShift, long windowSize, int levels) {
    if (Long.bitCount(windowSize) != 1) {
      throw Errno.EINVAL.because("a window of 0x%x bytes is not a power of two", windowSize);
    }
    if (Integer.compareUnsigned(levels, 1) > 0) {
      throw Errno.EINVAL.because("tables of the hypervisor have one level");
    }
    if (refused) {
      throw Errno.ENODEV.because("firmware refused a window before, it is not asked again");
    }
    if (number == 0) {
      if (hasDynamic && !(isDefault(pageShift, windowSize) && hasDefault)) {
        throw Errno.EPERM.because(
            "window 0 cannot be made while there is a dynamic one, which it would destroy");
      }
      if (isDefault(pageShift, windowSize) && !hasDefault) {
        hasDefault = true;
        return defaultStart;
      }
    }
    return placeDynamic(pageShift, windowSize);
  }

  private long placeDynamic(int pageShift, long windowSize) {
    int entriesShift = Long.numberOfTrailingZeros(windowSize) - pageShift;
    if (entriesShift >= 0 && 1L << entriesShift > MOST_ENTRIES || entriesShift >= Long.SIZE - 1) {
      throw Errno.EINVAL.because(
          "a window of 0x%x bytes has more than the 2^31 entries that firmware offers", windowSize);
    }
    if (entriesShift < 0) {
      refused = true;
      throw Errno.ENODEV.because(
          "firmware refuses a window of 0x%x bytes, less than a page of 2^%d",
          windowSize, pageShift);
    }
    if (hasDynamic) {
      refused = true;
      throw Errno.EEXIST.because("the endpoint has a dynamic window, and there can be one");
    }
    hasDynamic = true;
    return hasDefault ? SECOND_WINDOW : defaultStart;
  }

  private boolean isDefault(int pageShift, long windowSize) {
    return pageShift == PAGE_SHIFT_4K && Long.compareUnsigned(windowSize, defaultSize) <= 0;
  }

  @Override
  public void made(int number, SimTceTable table) {
    made[number] = table;
  }

  @Override
  public void checkShow(int number, SimTceTable table) {
    if (made[number] != table) {
      throw Errno.EPERM.because(
          "the hypervisor made this table for another endpoint, it cannot be shared");
    }
  }

  @Override
  public void hidden(int number) {
    SimTceTable table = made[number];
    if (table == null) {
      return;
    }
    made[number] = null;
    if (number == 0 && isDefault(table.pageShift(), table.entries() << table.pageShift())) {
      hasDefault = false;
    } else {
      hasDynamic = false;
    }
  }

  @Override
  public void taken() {
    hasDefault = false;
    hasDynamic = false;
  }

  @Override
  public void released() {
    made[0] = null;
    made[1] = null;
    hasDefault = true;
    hasDynamic = false;
  }
}

package busbar.machine.internal.iommu;

import busbar.api.device.DmaLoggingOps.DirtySink;
import busbar.api.device.DmaLoggingOps.Range;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which pages a device has written. It holds a word for 64 pages once one of them was written,
 * however large the ranges are. Any thread.
 */
public final class WriteLog {
  private static final int WORD_SHIFT = 6;

  private final List<Range> ranges;
  private final int pageShift;
  private final ConcurrentSkipListMap<Long, AtomicLong> words =
      new ConcurrentSkipListMap<>(Long::compareUnsigned);

  /**
   * A log of nothing yet.
   *
   * @param pageSize a power of two
   */
  public WriteLog(List<Range> ranges, long pageSize) {
    this.ranges = List.copyOf(ranges);
    pageShift = Long.numberOfTrailingZeros(pageSize);
  }

  /** Bytes were written; those outside the ranges do not count. */
  public void written(long iova, long length) {
    for (Range range : ranges) {
      long first = max(iova, range.iova());
      long last = min(iova + length - 1, range.iova() + range.length() - 1);
      if (length > 0 && Long.compareUnsigned(first, last) <= 0) {
        mark(first >>> pageShift, last >>> pageShift);
      }
    }
  }

  private static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  private static long min(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  private void mark(long firstPage, long lastPage) {
    for (long word = firstPage >>> WORD_SHIFT; word <= lastPage >>> WORD_SHIFT; word++) {
      set(word, bits(word, firstPage, lastPage));
    }
  }

  private void set(long word, long bits) {
    words
        .computeIfAbsent(word, key -> new AtomicLong())
        .getAndAccumulate(bits, (old, more) -> old | more);
  }

  /** The bits of a word that stand for pages from the first to the last. */
  private static long bits(long word, long firstPage, long lastPage) {
    long from = Math.max(0, firstPage - (word << WORD_SHIFT));
    long to = Math.min(63, lastPage - (word << WORD_SHIFT));
    return from > to ? 0 : -1L >>> 63 - (to - from) << from;
  }

  /**
   * Reports pages that have a byte in the range, and forgets those that lie in it entirely. If the
   * sink fails, what it was not told is kept.
   */
  public void report(long iova, long length, DirtySink sink) {
    if (length == 0) {
      return;
    }
    long page = 1L << pageShift;
    long last = iova + length - 1;
    long firstPage = iova >>> pageShift;
    long lastPage = last >>> pageShift;
    long firstWhole = (iova & page - 1) == 0 ? firstPage : firstPage + 1;
    long lastWhole = (last + 1 & page - 1) == 0 ? lastPage : lastPage - 1;
    var part = words.subMap(firstPage >>> WORD_SHIFT, true, lastPage >>> WORD_SHIFT, true);
    for (var entry : part.entrySet()) {
      long word = entry.getKey();
      long whole = bits(word, firstWhole, lastWhole);
      long old = entry.getValue().getAndAccumulate(~whole, (now, kept) -> now & kept);
      tell(word, old & bits(word, firstPage, lastPage), old & whole, sink);
    }
  }

  private void tell(long word, long found, long forgotten, DirtySink sink) {
    long left = found;
    try {
      while (left != 0) {
        long page = (word << WORD_SHIFT) + Long.numberOfTrailingZeros(left);
        sink.dirty(page << pageShift, 1L << pageShift);
        left &= left - 1;
      }
    } finally {
      if ((left & forgotten) != 0) {
        set(word, left & forgotten);
      }
    }
  }
}

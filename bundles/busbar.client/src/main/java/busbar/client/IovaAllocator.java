package busbar.client;

import busbar.api.Errno;
import busbar.client.IommuInfo.IovaRange;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Finds room for buffers among the addresses that a container can map: first fit, lowest first. */
final class IovaAllocator {
  /** Address 0 is left out: a device that was told nothing would write there. */
  private static final long LOWEST = 0x10000;

  private final TreeMap<Long, Long> taken = new TreeMap<>(Long::compareUnsigned);

  /**
   * Takes room.
   *
   * @param ranges what can be mapped; empty means everything
   * @param size in bytes, whole pages, more than 0
   * @throws busbar.api.VfioException {@code ENOSPC} if there is no room, {@code EINVAL} for size 0
   */
  synchronized long take(List<IovaRange> ranges, long size) {
    if (size <= 0) {
      throw Errno.EINVAL.because("a buffer of %d bytes cannot be mapped", size);
    }
    List<IovaRange> all = ranges.isEmpty() ? List.of(new IovaRange(0, -1L)) : ranges;
    for (IovaRange range : all) {
      long at = Long.compareUnsigned(range.start(), LOWEST) < 0 ? LOWEST : range.start();
      while (fits(at, size, range.end())) {
        Map.Entry<Long, Long> blocking = taken.lowerEntry(at + size);
        if (blocking == null
            || Long.compareUnsigned(blocking.getKey() + blocking.getValue(), at) <= 0) {
          taken.put(at, size);
          return at;
        }
        at = blocking.getKey() + blocking.getValue();
      }
    }
    throw Errno.ENOSPC.because("no range of addresses has room for %d bytes", size);
  }

  private static boolean fits(long at, long size, long end) {
    return Long.compareUnsigned(at, end) <= 0 && Long.compareUnsigned(size - 1, end - at) <= 0;
  }

  synchronized void giveBack(long iova) {
    taken.remove(iova);
  }
}

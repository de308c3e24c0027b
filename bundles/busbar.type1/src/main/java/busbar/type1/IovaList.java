package busbar.type1;

import busbar.api.iommu.ReservedRegion;
import java.util.Arrays;
import java.util.List;

/**
 * The addresses that can be mapped: sorted, disjoint ranges, both ends included, unsigned.
 * Immutable. Empty means that no hardware has said anything yet: everything goes.
 */
final class IovaList {
  static final IovaList ANY = new IovaList(new long[0]);

  /** First and last of each range in turn. */
  private final long[] bounds;

  private IovaList(long[] bounds) {
    this.bounds = bounds;
  }

  /** A list that was taken apart with {@link #first} and {@link #last}. */
  static IovaList of(long... bounds) {
    return new IovaList(bounds.clone());
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  int size() {
    return bounds.length / 2;
  }

  long first(int range) {
    return bounds[2 * range];
  }

  long last(int range) {
    return bounds[2 * range + 1];
  }

  /** The lowest address of all. */
  long lowest() {
    return bounds[0];
  }

  /** The highest address of all. */
  long highest() {
    return bounds[bounds.length - 1];
  }

  /** Whether a mapping may lie there: inside one range. */
  boolean allows(long first, long last) {
    for (int i = 0; i < bounds.length; i += 2) {
      if (Long.compareUnsigned(first, bounds[i]) >= 0
          && Long.compareUnsigned(last, bounds[i + 1]) <= 0) {
        return true;
      }
    }
    return isEmpty();
  }

  /** What of the list a domain with that aperture can map. */
  IovaList within(long start, long end) {
    if (isEmpty()) {
      return new IovaList(new long[] {start, end});
    }
    long[] kept = new long[bounds.length];
    int count = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      long first = max(bounds[i], start);
      long last = min(bounds[i + 1], end);
      if (Long.compareUnsigned(first, last) <= 0) {
        kept[count++] = first;
        kept[count++] = last;
      }
    }
    return new IovaList(Arrays.copyOf(kept, count));
  }

  /** The list without what is reserved; regions that the user may take over are left in. */
  IovaList without(List<ReservedRegion> reserved) {
    long[] kept = bounds;
    for (ReservedRegion region : reserved) {
      if (region.kind() != ReservedRegion.Kind.DIRECT_RELAXABLE) {
        kept = cut(kept, region.start(), region.end());
      }
    }
    return new IovaList(kept);
  }

  private static long[] cut(long[] bounds, long start, long end) {
    long[] kept = new long[bounds.length + 2];
    int count = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      long first = bounds[i];
      long last = bounds[i + 1];
      boolean apart = Long.compareUnsigned(start, last) > 0 || Long.compareUnsigned(end, first) < 0;
      if (apart) {
        kept[count++] = first;
        kept[count++] = last;
        continue;
      }
      if (Long.compareUnsigned(start, first) > 0) {
        kept[count++] = first;
        kept[count++] = start - 1;
      }
      if (Long.compareUnsigned(end, last) < 0) {
        kept[count++] = end + 1;
        kept[count++] = last;
      }
    }
    return Arrays.copyOf(kept, count);
  }

  static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  static long min(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }
}

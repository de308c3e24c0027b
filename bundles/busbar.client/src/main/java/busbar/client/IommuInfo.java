package busbar.client;

import java.util.List;

/**
 * What a type1 container can map.
 *
 * @param pageSizes bit n: pages of 2^n bytes
 * @param ranges addresses that can be mapped, sorted; empty means all
 * @param mappingsLeft how many more mappings the container takes, unsigned
 * @param dirtyBitmapMax the largest dirty bitmap in bytes, 0 if pages are not tracked
 */
public record IommuInfo(
    long pageSizes, List<IovaRange> ranges, long mappingsLeft, long dirtyBitmapMax) {
  /** A range of addresses, both ends included, unsigned. */
  public record IovaRange(long start, long end) {}

  /** The smallest page in bytes. */
  public long smallestPage() {
    return Long.lowestOneBit(pageSizes);
  }
}

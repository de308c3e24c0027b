package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * A range of IOVAs, an element of what {@link IommuIoasIovaRanges} and {@link IommuIoasAllowIovas}
 * point to.
 *
 * <p>Source: {@code struct iommu_iova_range}, {@code <linux/iommufd.h>}.
 *
 * @param start first address
 * @param last last address, inclusive
 */
public record IommuIovaRange(long start, long last) {

  public static final long OFFSET_START = 0;
  public static final long OFFSET_LAST = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("start"), U64.withName("last"))
          .withName("iommu_iova_range");

  public static IommuIovaRange decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIovaRange decode(MemorySegment s, long at) {
    return new IommuIovaRange(s.get(U64, at + OFFSET_START), s.get(U64, at + OFFSET_LAST));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_START, start);
    s.set(U64, at + OFFSET_LAST, last);
  }
}

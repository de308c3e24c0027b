package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * type1 capability {@code VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE}, version 1: where mappings can lie.
 * A mapping fits into one range.
 *
 * <p>The flexible array {@code iova_ranges} ({@link VfioIovaRange} elements) starts at {@link
 * #OFFSET_IOVA_RANGES} and is no component.
 *
 * <p>Source: {@code struct vfio_iommu_type1_info_cap_iova_range}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param nrIovas elements of {@code iova_ranges}
 * @param reserved padding, 0
 */
public record VfioIommuType1InfoCapIovaRange(VfioInfoCapHeader header, int nrIovas, int reserved) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_NR_IOVAS = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_IOVA_RANGES = 16;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              VfioInfoCapHeader.LAYOUT.withName("header"),
              U32.withName("nr_iovas"),
              U32.withName("reserved"),
              MemoryLayout.sequenceLayout(0, VfioIovaRange.LAYOUT).withName("iova_ranges"))
          .withName("vfio_iommu_type1_info_cap_iova_range");

  public static VfioIommuType1InfoCapIovaRange decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1InfoCapIovaRange decode(MemorySegment s, long at) {
    return new VfioIommuType1InfoCapIovaRange(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER),
        s.get(U32, at + OFFSET_NR_IOVAS),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_NR_IOVAS, nrIovas);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }

  /** Where {@code iova_ranges} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_IOVA_RANGES;
  }
}

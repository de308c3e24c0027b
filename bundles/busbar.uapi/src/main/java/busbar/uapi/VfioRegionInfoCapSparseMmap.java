package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Region capability {@code VFIO_REGION_INFO_CAP_SPARSE_MMAP}, version 1: only the listed parts of
 * the region may be mapped.
 *
 * <p>The flexible array {@code areas} ({@link VfioRegionSparseMmapArea} elements) starts at {@link
 * #OFFSET_AREAS} and is no component.
 *
 * <p>Source: {@code struct vfio_region_info_cap_sparse_mmap}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param nrAreas elements of {@code areas}
 * @param reserved padding, 0
 */
public record VfioRegionInfoCapSparseMmap(VfioInfoCapHeader header, int nrAreas, int reserved) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_NR_AREAS = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_AREAS = 16;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              VfioInfoCapHeader.LAYOUT.withName("header"),
              U32.withName("nr_areas"),
              U32.withName("reserved"),
              MemoryLayout.sequenceLayout(0, VfioRegionSparseMmapArea.LAYOUT).withName("areas"))
          .withName("vfio_region_info_cap_sparse_mmap");

  public static VfioRegionInfoCapSparseMmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionInfoCapSparseMmap decode(MemorySegment s, long at) {
    return new VfioRegionInfoCapSparseMmap(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER),
        s.get(U32, at + OFFSET_NR_AREAS),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_NR_AREAS, nrAreas);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }

  /** Where {@code areas} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_AREAS;
  }
}

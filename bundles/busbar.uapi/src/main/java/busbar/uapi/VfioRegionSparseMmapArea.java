package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * One part of a region that may be mapped, an element of {@link VfioRegionInfoCapSparseMmap}.
 *
 * <p>Source: {@code struct vfio_region_sparse_mmap_area}, {@code <linux/vfio.h>}.
 *
 * @param offset bytes from the start of the region
 * @param size bytes that may be mapped
 */
public record VfioRegionSparseMmapArea(long offset, long size) {

  public static final long OFFSET_OFFSET = 0;
  public static final long OFFSET_SIZE = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("offset"), U64.withName("size"))
          .withName("vfio_region_sparse_mmap_area");

  public static VfioRegionSparseMmapArea decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionSparseMmapArea decode(MemorySegment s, long at) {
    return new VfioRegionSparseMmapArea(
        s.get(U64, at + OFFSET_OFFSET), s.get(U64, at + OFFSET_SIZE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_OFFSET, offset);
    s.set(U64, at + OFFSET_SIZE, size);
  }
}

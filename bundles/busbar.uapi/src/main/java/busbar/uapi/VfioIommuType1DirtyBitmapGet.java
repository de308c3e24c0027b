package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The range and the bitmap of {@code VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP}; follows {@link
 * VfioIommuType1DirtyBitmap}.
 *
 * <p>Source: {@code struct vfio_iommu_type1_dirty_bitmap_get}, {@code <linux/vfio.h>}.
 *
 * @param iova first address, the start of a mapping
 * @param size bytes, ends where a mapping ends
 * @param bitmap where to, and the page size
 */
public record VfioIommuType1DirtyBitmapGet(long iova, long size, VfioBitmap bitmap) {

  public static final long OFFSET_IOVA = 0;
  public static final long OFFSET_SIZE = 8;
  public static final long OFFSET_BITMAP = 16;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("iova"), U64.withName("size"), VfioBitmap.LAYOUT.withName("bitmap"))
          .withName("vfio_iommu_type1_dirty_bitmap_get");

  public static VfioIommuType1DirtyBitmapGet decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1DirtyBitmapGet decode(MemorySegment s, long at) {
    return new VfioIommuType1DirtyBitmapGet(
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_SIZE),
        VfioBitmap.decode(s, at + OFFSET_BITMAP));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_SIZE, size);
    bitmap.encode(s, at + OFFSET_BITMAP);
  }
}

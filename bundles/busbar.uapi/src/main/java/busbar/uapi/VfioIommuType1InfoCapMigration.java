package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * type1 capability {@code VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION}, version 1: how dirty pages can be
 * asked for.
 *
 * <p>Source: {@code struct vfio_iommu_type1_info_cap_migration}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param flags 0, none is defined
 * @param pgsizeBitmap page sizes of dirty bitmaps, the bit of each power of two bytes set
 * @param maxDirtyBitmapSize bytes of the largest bitmap
 */
public record VfioIommuType1InfoCapMigration(
    VfioInfoCapHeader header, int flags, long pgsizeBitmap, long maxDirtyBitmapSize) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_FLAGS = 8;
  public static final long OFFSET_PGSIZE_BITMAP = 16;
  public static final long OFFSET_MAX_DIRTY_BITMAP_SIZE = 24;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              VfioInfoCapHeader.LAYOUT.withName("header"),
              U32.withName("flags"),
              MemoryLayout.paddingLayout(4),
              U64.withName("pgsize_bitmap"),
              U64.withName("max_dirty_bitmap_size"))
          .withName("vfio_iommu_type1_info_cap_migration");

  public static VfioIommuType1InfoCapMigration decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1InfoCapMigration decode(MemorySegment s, long at) {
    return new VfioIommuType1InfoCapMigration(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_PGSIZE_BITMAP),
        s.get(U64, at + OFFSET_MAX_DIRTY_BITMAP_SIZE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_PGSIZE_BITMAP, pgsizeBitmap);
    s.set(U64, at + OFFSET_MAX_DIRTY_BITMAP_SIZE, maxDirtyBitmapSize);
  }
}

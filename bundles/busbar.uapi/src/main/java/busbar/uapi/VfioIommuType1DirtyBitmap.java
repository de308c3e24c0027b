package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_IOMMU_DIRTY_PAGES} on a container with the type1 backend: starts, stops
 * or reads the tracking of pages that devices have written. With {@code GET_BITMAP} the flexible
 * array {@code data} at {@link #OFFSET_DATA} is a {@link VfioIommuType1DirtyBitmapGet}; it is no
 * component.
 *
 * <p>Source: {@code struct vfio_iommu_type1_dirty_bitmap}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags exactly one of {@code VFIO_IOMMU_DIRTY_PAGES_FLAG_START}, {@code STOP}, {@code
 *     GET_BITMAP}
 */
public record VfioIommuType1DirtyBitmap(int argsz, int flags) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DATA = 8;
  public static final long SIZE = 8;

  /**
   * Smallest {@code argsz} accepted, in bytes: with {@code VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP}
   * a {@link VfioIommuType1DirtyBitmapGet} follows, 40 bytes more.
   */
  public static final int MIN_ARGSZ = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              MemoryLayout.sequenceLayout(0, U8).withName("data"))
          .withName("vfio_iommu_type1_dirty_bitmap");

  public static VfioIommuType1DirtyBitmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1DirtyBitmap decode(MemorySegment s, long at) {
    return new VfioIommuType1DirtyBitmap(
        s.get(U32, at + OFFSET_ARGSZ), s.get(U32, at + OFFSET_FLAGS));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
  }

  /** Where {@code data} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_DATA;
  }
}

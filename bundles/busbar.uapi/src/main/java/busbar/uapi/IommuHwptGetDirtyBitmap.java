package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code IOMMU_HWPT_GET_DIRTY_BITMAP} on an iommufd: fetches which pages devices have
 * written to.
 *
 * <p>Source: {@code struct iommu_hwpt_get_dirty_bitmap}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param hwptId hardware page table
 * @param flags {@code IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR} or 0
 * @param reserved must be 0
 * @param iova first address
 * @param length bytes
 * @param pageSize bytes for each bit
 * @param data address of 64-bit words, bit 0 is the page at {@code iova}
 */
public record IommuHwptGetDirtyBitmap(
    int size,
    int hwptId,
    int flags,
    int reserved,
    long iova,
    long length,
    long pageSize,
    long data) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_HWPT_ID = 4;
  public static final long OFFSET_FLAGS = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_IOVA = 16;
  public static final long OFFSET_LENGTH = 24;
  public static final long OFFSET_PAGE_SIZE = 32;
  public static final long OFFSET_DATA = 40;
  public static final long SIZE = 48;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("hwpt_id"),
              U32.withName("flags"),
              U32.withName("__reserved"),
              U64.withName("iova"),
              U64.withName("length"),
              U64.withName("page_size"),
              U64.withName("data"))
          .withName("iommu_hwpt_get_dirty_bitmap");

  public static IommuHwptGetDirtyBitmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptGetDirtyBitmap decode(MemorySegment s, long at) {
    return new IommuHwptGetDirtyBitmap(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_HWPT_ID),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_LENGTH),
        s.get(U64, at + OFFSET_PAGE_SIZE),
        s.get(U64, at + OFFSET_DATA));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_HWPT_ID, hwptId);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_LENGTH, length);
    s.set(U64, at + OFFSET_PAGE_SIZE, pageSize);
    s.set(U64, at + OFFSET_DATA, data);
  }
}

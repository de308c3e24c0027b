package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code IOMMU_HWPT_SET_DIRTY_TRACKING} on an iommufd. To enable clears what was noted
 * before.
 *
 * <p>Source: {@code struct iommu_hwpt_set_dirty_tracking}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags {@code IOMMU_HWPT_DIRTY_TRACKING_ENABLE}, or 0 to disable
 * @param hwptId hardware page table
 * @param reserved must be 0
 */
public record IommuHwptSetDirtyTracking(int size, int flags, int hwptId, int reserved) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_HWPT_ID = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("hwpt_id"),
              U32.withName("__reserved"))
          .withName("iommu_hwpt_set_dirty_tracking");

  public static IommuHwptSetDirtyTracking decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptSetDirtyTracking decode(MemorySegment s, long at) {
    return new IommuHwptSetDirtyTracking(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_HWPT_ID),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_HWPT_ID, hwptId);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}

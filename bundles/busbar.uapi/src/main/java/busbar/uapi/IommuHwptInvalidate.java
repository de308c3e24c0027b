package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_HWPT_INVALIDATE} on an iommufd: drops what the hardware has
 * cached of a table that the client keeps.
 *
 * <p>Source: {@code struct iommu_hwpt_invalidate}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param hwptId nested hardware page table or virtual IOMMU
 * @param dataUptr address of the entries
 * @param dataType {@code IOMMU_*_INVALIDATE_DATA_*}
 * @param entryLen bytes from entry to entry
 * @param entryNum in: entries; out, also on failure: entries handled
 * @param reserved must be 0
 */
public record IommuHwptInvalidate(
    int size, int hwptId, long dataUptr, int dataType, int entryLen, int entryNum, int reserved) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_HWPT_ID = 4;
  public static final long OFFSET_DATA_UPTR = 8;
  public static final long OFFSET_DATA_TYPE = 16;
  public static final long OFFSET_ENTRY_LEN = 20;
  public static final long OFFSET_ENTRY_NUM = 24;
  public static final long OFFSET_RESERVED = 28;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("hwpt_id"),
              U64.withName("data_uptr"),
              U32.withName("data_type"),
              U32.withName("entry_len"),
              U32.withName("entry_num"),
              U32.withName("__reserved"))
          .withName("iommu_hwpt_invalidate");

  public static IommuHwptInvalidate decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptInvalidate decode(MemorySegment s, long at) {
    return new IommuHwptInvalidate(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_HWPT_ID),
        s.get(U64, at + OFFSET_DATA_UPTR),
        s.get(U32, at + OFFSET_DATA_TYPE),
        s.get(U32, at + OFFSET_ENTRY_LEN),
        s.get(U32, at + OFFSET_ENTRY_NUM),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_HWPT_ID, hwptId);
    s.set(U64, at + OFFSET_DATA_UPTR, dataUptr);
    s.set(U32, at + OFFSET_DATA_TYPE, dataType);
    s.set(U32, at + OFFSET_ENTRY_LEN, entryLen);
    s.set(U32, at + OFFSET_ENTRY_NUM, entryNum);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_HWPT_ALLOC} on an iommufd: a new hardware page table.
 *
 * <p>Source: {@code struct iommu_hwpt_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags {@code IOMMU_HWPT_ALLOC_*}, {@code IOMMU_HWPT_FAULT_ID_VALID}
 * @param devId device whose IOMMU it is for
 * @param ptId address space to follow, or parent to nest in: a hardware page table or virtual IOMMU
 * @param outHwptId out: its id
 * @param reserved must be 0
 * @param dataType {@code IOMMU_HWPT_DATA_*}
 * @param dataLen bytes at {@code dataUptr}
 * @param dataUptr address of the struct that the data type stands for
 * @param faultId queue for I/O page faults, with {@code FAULT_ID_VALID}
 * @param reserved2 must be 0
 */
public record IommuHwptAlloc(
    int size,
    int flags,
    int devId,
    int ptId,
    int outHwptId,
    int reserved,
    int dataType,
    int dataLen,
    long dataUptr,
    int faultId,
    int reserved2) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DEV_ID = 8;
  public static final long OFFSET_PT_ID = 12;
  public static final long OFFSET_OUT_HWPT_ID = 16;
  public static final long OFFSET_RESERVED = 20;
  public static final long OFFSET_DATA_TYPE = 24;
  public static final long OFFSET_DATA_LEN = 28;
  public static final long OFFSET_DATA_UPTR = 32;
  public static final long OFFSET_FAULT_ID = 40;
  public static final long OFFSET_RESERVED2 = 44;
  public static final long SIZE = 48;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("dev_id"),
              U32.withName("pt_id"),
              U32.withName("out_hwpt_id"),
              U32.withName("__reserved"),
              U32.withName("data_type"),
              U32.withName("data_len"),
              U64.withName("data_uptr"),
              U32.withName("fault_id"),
              U32.withName("__reserved2"))
          .withName("iommu_hwpt_alloc");

  public static IommuHwptAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptAlloc decode(MemorySegment s, long at) {
    return new IommuHwptAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_DEV_ID),
        s.get(U32, at + OFFSET_PT_ID),
        s.get(U32, at + OFFSET_OUT_HWPT_ID),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U32, at + OFFSET_DATA_TYPE),
        s.get(U32, at + OFFSET_DATA_LEN),
        s.get(U64, at + OFFSET_DATA_UPTR),
        s.get(U32, at + OFFSET_FAULT_ID),
        s.get(U32, at + OFFSET_RESERVED2));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_DEV_ID, devId);
    s.set(U32, at + OFFSET_PT_ID, ptId);
    s.set(U32, at + OFFSET_OUT_HWPT_ID, outHwptId);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U32, at + OFFSET_DATA_TYPE, dataType);
    s.set(U32, at + OFFSET_DATA_LEN, dataLen);
    s.set(U64, at + OFFSET_DATA_UPTR, dataUptr);
    s.set(U32, at + OFFSET_FAULT_ID, faultId);
    s.set(U32, at + OFFSET_RESERVED2, reserved2);
  }
}

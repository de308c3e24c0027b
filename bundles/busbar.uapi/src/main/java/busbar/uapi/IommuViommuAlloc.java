package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_VIOMMU_ALLOC} on an iommufd: a slice of the hardware IOMMU
 * for one virtual machine.
 *
 * <p>Source: {@code struct iommu_viommu_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags must be 0
 * @param type {@code IOMMU_VIOMMU_TYPE_*}
 * @param devId device whose IOMMU it is
 * @param hwptId nesting parent
 * @param outViommuId out: its id
 * @param dataLen bytes at {@code dataUptr}
 * @param reserved must be 0
 * @param dataUptr address of the struct that the type stands for
 */
public record IommuViommuAlloc(
    int size,
    int flags,
    int type,
    int devId,
    int hwptId,
    int outViommuId,
    int dataLen,
    int reserved,
    long dataUptr) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_TYPE = 8;
  public static final long OFFSET_DEV_ID = 12;
  public static final long OFFSET_HWPT_ID = 16;
  public static final long OFFSET_OUT_VIOMMU_ID = 20;
  public static final long OFFSET_DATA_LEN = 24;
  public static final long OFFSET_RESERVED = 28;
  public static final long OFFSET_DATA_UPTR = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("type"),
              U32.withName("dev_id"),
              U32.withName("hwpt_id"),
              U32.withName("out_viommu_id"),
              U32.withName("data_len"),
              U32.withName("__reserved"),
              U64.withName("data_uptr"))
          .withName("iommu_viommu_alloc");

  public static IommuViommuAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuViommuAlloc decode(MemorySegment s, long at) {
    return new IommuViommuAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_TYPE),
        s.get(U32, at + OFFSET_DEV_ID),
        s.get(U32, at + OFFSET_HWPT_ID),
        s.get(U32, at + OFFSET_OUT_VIOMMU_ID),
        s.get(U32, at + OFFSET_DATA_LEN),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_DATA_UPTR));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_TYPE, type);
    s.set(U32, at + OFFSET_DEV_ID, devId);
    s.set(U32, at + OFFSET_HWPT_ID, hwptId);
    s.set(U32, at + OFFSET_OUT_VIOMMU_ID, outViommuId);
    s.set(U32, at + OFFSET_DATA_LEN, dataLen);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_DATA_UPTR, dataUptr);
  }
}

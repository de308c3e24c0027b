package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_NOIOMMU_GET_PA} on an iommufd: the physical address of
 * mapped memory, for devices without an IOMMU. Needs {@code CAP_SYS_RAWIO}.
 *
 * <p>Source: {@code struct iommu_ioas_noiommu_get_pa}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags must be 0
 * @param ioasId address space
 * @param reserved must be 0
 * @param iova mapped address
 * @param length in: most bytes to look at, not 0; out: bytes that are contiguous
 * @param outPhys out: physical address
 */
public record IommuIoasNoiommuGetPa(
    int size, int flags, int ioasId, int reserved, long iova, long length, long outPhys) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_IOAS_ID = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_IOVA = 16;
  public static final long OFFSET_LENGTH = 24;
  public static final long OFFSET_OUT_PHYS = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("ioas_id"),
              U32.withName("__reserved"),
              U64.withName("iova"),
              U64.withName("length"),
              U64.withName("out_phys"))
          .withName("iommu_ioas_noiommu_get_pa");

  public static IommuIoasNoiommuGetPa decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasNoiommuGetPa decode(MemorySegment s, long at) {
    return new IommuIoasNoiommuGetPa(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_IOAS_ID),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_LENGTH),
        s.get(U64, at + OFFSET_OUT_PHYS));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_IOAS_ID, ioasId);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_LENGTH, length);
    s.set(U64, at + OFFSET_OUT_PHYS, outPhys);
  }
}

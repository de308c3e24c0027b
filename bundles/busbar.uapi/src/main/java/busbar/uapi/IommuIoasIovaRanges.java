package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_IOVA_RANGES} on an iommufd: where mappings can lie.
 * EMSGSIZE if the array is too short, with the first ranges written.
 *
 * <p>Source: {@code struct iommu_ioas_iova_ranges}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param ioasId address space
 * @param numIovas in: elements there is room for; out: elements there are
 * @param reserved must be 0
 * @param allowedIovas address of an array of {@link IommuIovaRange}
 * @param outIovaAlignment out: bytes that every IOVA is a multiple of
 */
public record IommuIoasIovaRanges(
    int size, int ioasId, int numIovas, int reserved, long allowedIovas, long outIovaAlignment) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_IOAS_ID = 4;
  public static final long OFFSET_NUM_IOVAS = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_ALLOWED_IOVAS = 16;
  public static final long OFFSET_OUT_IOVA_ALIGNMENT = 24;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("ioas_id"),
              U32.withName("num_iovas"),
              U32.withName("__reserved"),
              U64.withName("allowed_iovas"),
              U64.withName("out_iova_alignment"))
          .withName("iommu_ioas_iova_ranges");

  public static IommuIoasIovaRanges decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasIovaRanges decode(MemorySegment s, long at) {
    return new IommuIoasIovaRanges(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_IOAS_ID),
        s.get(U32, at + OFFSET_NUM_IOVAS),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_ALLOWED_IOVAS),
        s.get(U64, at + OFFSET_OUT_IOVA_ALIGNMENT));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_IOAS_ID, ioasId);
    s.set(U32, at + OFFSET_NUM_IOVAS, numIovas);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_ALLOWED_IOVAS, allowedIovas);
    s.set(U64, at + OFFSET_OUT_IOVA_ALIGNMENT, outIovaAlignment);
  }
}

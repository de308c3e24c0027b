package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code IOMMU_IOAS_ALLOW_IOVAS} on an iommufd: keeps these ranges usable, so that a
 * device that needs one of them for itself cannot be attached. Replaces the list before; an empty
 * one allows all.
 *
 * <p>Source: {@code struct iommu_ioas_allow_iovas}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param ioasId address space
 * @param numIovas elements at {@code allowedIovas}
 * @param reserved must be 0
 * @param allowedIovas address of an array of {@link IommuIovaRange}
 */
public record IommuIoasAllowIovas(
    int size, int ioasId, int numIovas, int reserved, long allowedIovas) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_IOAS_ID = 4;
  public static final long OFFSET_NUM_IOVAS = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_ALLOWED_IOVAS = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("ioas_id"),
              U32.withName("num_iovas"),
              U32.withName("__reserved"),
              U64.withName("allowed_iovas"))
          .withName("iommu_ioas_allow_iovas");

  public static IommuIoasAllowIovas decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasAllowIovas decode(MemorySegment s, long at) {
    return new IommuIoasAllowIovas(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_IOAS_ID),
        s.get(U32, at + OFFSET_NUM_IOVAS),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_ALLOWED_IOVAS));
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
  }
}

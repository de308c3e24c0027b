package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_ALLOC} on an iommufd: a new I/O address space.
 *
 * <p>Source: {@code struct iommu_ioas_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags must be 0
 * @param outIoasId out: its id
 */
public record IommuIoasAlloc(int size, int flags, int outIoasId) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_OUT_IOAS_ID = 8;
  public static final long SIZE = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"), U32.withName("flags"), U32.withName("out_ioas_id"))
          .withName("iommu_ioas_alloc");

  public static IommuIoasAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasAlloc decode(MemorySegment s, long at) {
    return new IommuIoasAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_OUT_IOAS_ID));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_OUT_IOAS_ID, outIoasId);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U16;
import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_VFIO_IOAS} on an iommufd: which address space the ioctls of a
 * VFIO container work on.
 *
 * <p>Source: {@code struct iommu_vfio_ioas}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param ioasId in to set, out to get: address space
 * @param op {@code IOMMU_VFIO_IOAS_GET}, {@code SET} or {@code CLEAR}
 * @param reserved must be 0
 */
public record IommuVfioIoas(int size, int ioasId, int op, int reserved) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_IOAS_ID = 4;
  public static final long OFFSET_OP = 8;
  public static final long OFFSET_RESERVED = 10;
  public static final long SIZE = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("ioas_id"),
              U16.withName("op"),
              U16.withName("__reserved"))
          .withName("iommu_vfio_ioas");

  public static IommuVfioIoas decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuVfioIoas decode(MemorySegment s, long at) {
    return new IommuVfioIoas(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_IOAS_ID),
        Short.toUnsignedInt(s.get(U16, at + OFFSET_OP)),
        Short.toUnsignedInt(s.get(U16, at + OFFSET_RESERVED)));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_IOAS_ID, ioasId);
    s.set(U16, at + OFFSET_OP, (short) op);
    s.set(U16, at + OFFSET_RESERVED, (short) reserved);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Answer of {@code VFIO_IOMMU_GET_INFO} on a container with the type1 backend.
 *
 * <p>With {@code VFIO_IOMMU_INFO_CAPS} a {@link CapabilityChain} follows. If the buffer is too
 * small for it, the call succeeds with {@code capOffset} 0 and {@code argsz} raised to what is
 * needed.
 *
 * <p>Source: {@code struct vfio_iommu_type1_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz in: bytes of the buffer, at least {@link #MIN_ARGSZ}; out: bytes needed, if more
 * @param flags out: {@code VFIO_IOMMU_INFO_PGSIZES}, {@code VFIO_IOMMU_INFO_CAPS}
 * @param iovaPgsizes out: page sizes, the bit of each power of two bytes set; the lowest is the
 *     alignment of every mapping
 * @param capOffset out: bytes from the start of this struct to the first capability, 0 if there is
 *     none
 * @param pad padding, 0
 */
public record VfioIommuType1Info(int argsz, int flags, long iovaPgsizes, int capOffset, int pad) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_IOVA_PGSIZES = 8;
  public static final long OFFSET_CAP_OFFSET = 16;
  public static final long OFFSET_PAD = 20;
  public static final long SIZE = 24;

  /** Smallest {@code argsz} accepted, in bytes: without {@code cap_offset}, which came later. */
  public static final int MIN_ARGSZ = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U64.withName("iova_pgsizes"),
              U32.withName("cap_offset"),
              U32.withName("pad"))
          .withName("vfio_iommu_type1_info");

  public static VfioIommuType1Info decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1Info decode(MemorySegment s, long at) {
    return new VfioIommuType1Info(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_IOVA_PGSIZES),
        s.get(U32, at + OFFSET_CAP_OFFSET),
        s.get(U32, at + OFFSET_PAD));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_IOVA_PGSIZES, iovaPgsizes);
    s.set(U32, at + OFFSET_CAP_OFFSET, capOffset);
    s.set(U32, at + OFFSET_PAD, pad);
  }
}

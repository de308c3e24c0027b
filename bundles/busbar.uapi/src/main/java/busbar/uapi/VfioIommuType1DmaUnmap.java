package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The argument vfio_iommu_type1_dma_unmap.
 *
 * <p>The flexible array {@code data} (bytes) starts at {@link #OFFSET_DATA} and is no component.
 *
 * <p>Source: {@code struct vfio_iommu_type1_dma_unmap}, {@code <linux/vfio.h>}.
 *
 * @param argsz {@code argsz}
 * @param flags {@code flags}
 * @param iova {@code iova}
 * @param size {@code size}
 */
public record VfioIommuType1DmaUnmap(int argsz, int flags, long iova, long size) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_IOVA = 8;
  public static final long OFFSET_SIZE = 16;
  public static final long OFFSET_DATA = 24;
  public static final long SIZE = 24;

  /**
   * Smallest {@code argsz} accepted, in bytes: with {@code VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP} a
   * {@link VfioBitmap} follows, 24 bytes more.
   */
  public static final int MIN_ARGSZ = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U64.withName("iova"),
              U64.withName("size"),
              MemoryLayout.sequenceLayout(0, U8).withName("data"))
          .withName("vfio_iommu_type1_dma_unmap");

  public static VfioIommuType1DmaUnmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1DmaUnmap decode(MemorySegment s, long at) {
    return new VfioIommuType1DmaUnmap(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_SIZE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_SIZE, size);
  }

  /** Where {@code data} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_DATA;
  }
}

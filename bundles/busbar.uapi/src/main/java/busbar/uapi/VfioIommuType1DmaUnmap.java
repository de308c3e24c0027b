package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code VFIO_IOMMU_UNMAP_DMA} on a container, type1 or sPAPR. With {@code
 * VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP} the flexible array {@code data} at {@link #OFFSET_DATA} is
 * a {@link VfioBitmap}; it is no component.
 *
 * <p>Source: {@code struct vfio_iommu_type1_dma_unmap}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags {@code VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP}, {@code ALL}, {@code VADDR}
 * @param iova first address, 0 with {@code ALL}
 * @param size in: bytes, 0 with {@code ALL}; out, type1: bytes unmapped
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

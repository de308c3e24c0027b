package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_IOMMU_MAP_DMA} on a container, type1 or sPAPR: lets devices reach client
 * memory.
 *
 * <p>Source: {@code struct vfio_iommu_type1_dma_map}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags {@code VFIO_DMA_MAP_FLAG_READ}, {@code WRITE}, as the device sees it; or {@code
 *     VADDR} alone to give a suspended mapping its new {@code vaddr}
 * @param vaddr address of the memory in the client, a multiple of the smallest page size
 * @param iova address for the device, a multiple of the smallest page size
 * @param size bytes, a multiple of the smallest page size, not 0
 */
public record VfioIommuType1DmaMap(int argsz, int flags, long vaddr, long iova, long size) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_VADDR = 8;
  public static final long OFFSET_IOVA = 16;
  public static final long OFFSET_SIZE = 24;
  public static final long SIZE = 32;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U64.withName("vaddr"),
              U64.withName("iova"),
              U64.withName("size"))
          .withName("vfio_iommu_type1_dma_map");

  public static VfioIommuType1DmaMap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1DmaMap decode(MemorySegment s, long at) {
    return new VfioIommuType1DmaMap(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_VADDR),
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_SIZE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_VADDR, vaddr);
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_SIZE, size);
  }
}

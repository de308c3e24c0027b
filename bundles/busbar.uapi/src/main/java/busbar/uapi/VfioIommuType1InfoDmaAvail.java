package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * type1 capability {@code VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL}, version 1. Its 12 bytes are followed by
 * four bytes of padding if a capability comes after it.
 *
 * <p>Source: {@code struct vfio_iommu_type1_info_dma_avail}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param avail mappings that can still be made
 */
public record VfioIommuType1InfoDmaAvail(VfioInfoCapHeader header, int avail) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_AVAIL = 8;
  public static final long SIZE = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(VfioInfoCapHeader.LAYOUT.withName("header"), U32.withName("avail"))
          .withName("vfio_iommu_type1_info_dma_avail");

  public static VfioIommuType1InfoDmaAvail decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuType1InfoDmaAvail decode(MemorySegment s, long at) {
    return new VfioIommuType1InfoDmaAvail(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER), s.get(U32, at + OFFSET_AVAIL));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_AVAIL, avail);
  }
}

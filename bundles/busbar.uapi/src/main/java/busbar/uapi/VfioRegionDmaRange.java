package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * A part of a region, an element of {@link VfioDeviceFeatureDmaBuf}.
 *
 * <p>Source: {@code struct vfio_region_dma_range}, {@code <linux/vfio.h>}.
 *
 * @param offset bytes from the start of the region, a multiple of the page size
 * @param length bytes, a multiple of the page size, not 0
 */
public record VfioRegionDmaRange(long offset, long length) {

  public static final long OFFSET_OFFSET = 0;
  public static final long OFFSET_LENGTH = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("offset"), U64.withName("length"))
          .withName("vfio_region_dma_range");

  public static VfioRegionDmaRange decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionDmaRange decode(MemorySegment s, long at) {
    return new VfioRegionDmaRange(s.get(U64, at + OFFSET_OFFSET), s.get(U64, at + OFFSET_LENGTH));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_OFFSET, offset);
    s.set(U64, at + OFFSET_LENGTH, length);
  }
}

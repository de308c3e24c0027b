package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_DMA_BUF}, to get: exports parts of a BAR as a dma-buf,
 * whose file descriptor the ioctl returns.
 *
 * <p>The flexible array {@code dma_ranges} ({@link VfioRegionDmaRange} elements) starts at {@link
 * #OFFSET_DMA_RANGES} and is no component.
 *
 * <p>Source: {@code struct vfio_device_feature_dma_buf}, {@code <linux/vfio.h>}.
 *
 * @param regionIndex PCI region, BAR 0 to 5
 * @param openFlags {@code O_*} flags of the new file descriptor
 * @param flags must be 0
 * @param nrRanges elements of {@code dma_ranges}, at least 1
 */
public record VfioDeviceFeatureDmaBuf(int regionIndex, int openFlags, int flags, int nrRanges) {

  public static final long OFFSET_REGION_INDEX = 0;
  public static final long OFFSET_OPEN_FLAGS = 4;
  public static final long OFFSET_FLAGS = 8;
  public static final long OFFSET_NR_RANGES = 12;
  public static final long OFFSET_DMA_RANGES = 16;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("region_index"),
              U32.withName("open_flags"),
              U32.withName("flags"),
              U32.withName("nr_ranges"),
              MemoryLayout.sequenceLayout(0, VfioRegionDmaRange.LAYOUT).withName("dma_ranges"))
          .withName("vfio_device_feature_dma_buf");

  public static VfioDeviceFeatureDmaBuf decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureDmaBuf decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureDmaBuf(
        s.get(U32, at + OFFSET_REGION_INDEX),
        s.get(U32, at + OFFSET_OPEN_FLAGS),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_NR_RANGES));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_REGION_INDEX, regionIndex);
    s.set(U32, at + OFFSET_OPEN_FLAGS, openFlags);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_NR_RANGES, nrRanges);
  }

  /** Where {@code dma_ranges} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_DMA_RANGES;
  }
}

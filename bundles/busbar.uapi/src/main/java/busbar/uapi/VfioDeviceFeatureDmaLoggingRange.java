package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * A range to be logged, an element of what {@link VfioDeviceFeatureDmaLoggingControl} points to.
 *
 * <p>Source: {@code struct vfio_device_feature_dma_logging_range}, {@code <linux/vfio.h>}.
 *
 * @param iova first address, a multiple of the page size
 * @param length bytes, a multiple of the page size
 */
public record VfioDeviceFeatureDmaLoggingRange(long iova, long length) {

  public static final long OFFSET_IOVA = 0;
  public static final long OFFSET_LENGTH = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("iova"), U64.withName("length"))
          .withName("vfio_device_feature_dma_logging_range");

  public static VfioDeviceFeatureDmaLoggingRange decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureDmaLoggingRange decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureDmaLoggingRange(
        s.get(U64, at + OFFSET_IOVA), s.get(U64, at + OFFSET_LENGTH));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_LENGTH, length);
  }
}

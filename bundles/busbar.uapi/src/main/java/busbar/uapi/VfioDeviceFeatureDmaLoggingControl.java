package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_DMA_LOGGING_START}, to set: the device itself starts
 * to note which IOVAs it writes to.
 *
 * <p>Source: {@code struct vfio_device_feature_dma_logging_control}, {@code <linux/vfio.h>}.
 *
 * @param pageSize in: bytes for each bit wished for; out: what the device does
 * @param numRanges elements at {@code ranges}, 1 to 256
 * @param reserved must be 0
 * @param ranges address of an array of {@link VfioDeviceFeatureDmaLoggingRange}
 */
public record VfioDeviceFeatureDmaLoggingControl(
    long pageSize, int numRanges, int reserved, long ranges) {

  public static final long OFFSET_PAGE_SIZE = 0;
  public static final long OFFSET_NUM_RANGES = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_RANGES = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("page_size"),
              U32.withName("num_ranges"),
              U32.withName("__reserved"),
              U64.withName("ranges"))
          .withName("vfio_device_feature_dma_logging_control");

  public static VfioDeviceFeatureDmaLoggingControl decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureDmaLoggingControl decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureDmaLoggingControl(
        s.get(U64, at + OFFSET_PAGE_SIZE),
        s.get(U32, at + OFFSET_NUM_RANGES),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_RANGES));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_PAGE_SIZE, pageSize);
    s.set(U32, at + OFFSET_NUM_RANGES, numRanges);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_RANGES, ranges);
  }
}

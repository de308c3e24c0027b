package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT}, to get: fetches and clears what
 * was written to in a range.
 *
 * <p>Source: {@code struct vfio_device_feature_dma_logging_report}, {@code <linux/vfio.h>}.
 *
 * @param iova first address
 * @param length bytes
 * @param pageSize bytes for each bit, a power of two, at least 4096
 * @param bitmap address of 64-bit words, bit 0 is the page at {@code iova}; bits are added to what
 *     is there
 */
public record VfioDeviceFeatureDmaLoggingReport(
    long iova, long length, long pageSize, long bitmap) {

  public static final long OFFSET_IOVA = 0;
  public static final long OFFSET_LENGTH = 8;
  public static final long OFFSET_PAGE_SIZE = 16;
  public static final long OFFSET_BITMAP = 24;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("iova"),
              U64.withName("length"),
              U64.withName("page_size"),
              U64.withName("bitmap"))
          .withName("vfio_device_feature_dma_logging_report");

  public static VfioDeviceFeatureDmaLoggingReport decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureDmaLoggingReport decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureDmaLoggingReport(
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_LENGTH),
        s.get(U64, at + OFFSET_PAGE_SIZE),
        s.get(U64, at + OFFSET_BITMAP));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_LENGTH, length);
    s.set(U64, at + OFFSET_PAGE_SIZE, pageSize);
    s.set(U64, at + OFFSET_BITMAP, bitmap);
  }
}

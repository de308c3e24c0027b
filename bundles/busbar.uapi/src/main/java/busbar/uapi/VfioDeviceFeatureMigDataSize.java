package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_MIG_DATA_SIZE}, to get.
 *
 * <p>Source: {@code struct vfio_device_feature_mig_data_size}, {@code <linux/vfio.h>}.
 *
 * @param stopCopyLength estimate of the bytes that a stream has in state {@code STOP_COPY}
 */
public record VfioDeviceFeatureMigDataSize(long stopCopyLength) {

  public static final long OFFSET_STOP_COPY_LENGTH = 0;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("stop_copy_length"))
          .withName("vfio_device_feature_mig_data_size");

  public static VfioDeviceFeatureMigDataSize decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureMigDataSize decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureMigDataSize(s.get(U64, at + OFFSET_STOP_COPY_LENGTH));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_STOP_COPY_LENGTH, stopCopyLength);
  }
}

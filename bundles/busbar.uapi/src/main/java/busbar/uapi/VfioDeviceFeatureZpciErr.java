package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_ZPCI_ERROR}, to get, on PCI devices of s390.
 *
 * <p>Source: {@code struct vfio_device_feature_zpci_err}, {@code <linux/vfio.h>}.
 *
 * @param data what the platform has noted about the last error
 */
public record VfioDeviceFeatureZpciErr(long data) {

  public static final long OFFSET_DATA = 0;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("data")).withName("vfio_device_feature_zpci_err");

  public static VfioDeviceFeatureZpciErr decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureZpciErr decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureZpciErr(s.get(U64, at + OFFSET_DATA));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_DATA, data);
  }
}

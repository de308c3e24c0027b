package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_BUS_MASTER}, to set, on CDX devices: whether the
 * device may start DMA.
 *
 * <p>Source: {@code struct vfio_device_feature_bus_master}, {@code <linux/vfio.h>}.
 *
 * @param op {@code VFIO_DEVICE_FEATURE_CLEAR_MASTER} or {@code VFIO_DEVICE_FEATURE_SET_MASTER}
 */
public record VfioDeviceFeatureBusMaster(int op) {

  public static final long OFFSET_OP = 0;
  public static final long SIZE = 4;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("op")).withName("vfio_device_feature_bus_master");

  public static VfioDeviceFeatureBusMaster decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureBusMaster decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureBusMaster(s.get(U32, at + OFFSET_OP));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_OP, op);
  }
}

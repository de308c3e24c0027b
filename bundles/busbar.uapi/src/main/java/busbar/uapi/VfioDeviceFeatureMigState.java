package busbar.uapi;

import static busbar.uapi.Abi.S32;
import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE}, to get and to set.
 *
 * <p>Source: {@code struct vfio_device_feature_mig_state}, {@code <linux/vfio.h>}.
 *
 * @param deviceState {@code VFIO_DEVICE_STATE_*}; to set: the state to go to; after an error the
 *     device may be in any state on the way
 * @param dataFd out, to set: new migration stream, -1 if the step opens none
 */
public record VfioDeviceFeatureMigState(int deviceState, int dataFd) {

  public static final long OFFSET_DEVICE_STATE = 0;
  public static final long OFFSET_DATA_FD = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("device_state"), S32.withName("data_fd"))
          .withName("vfio_device_feature_mig_state");

  public static VfioDeviceFeatureMigState decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureMigState decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureMigState(
        s.get(U32, at + OFFSET_DEVICE_STATE), s.get(S32, at + OFFSET_DATA_FD));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_DEVICE_STATE, deviceState);
    s.set(S32, at + OFFSET_DATA_FD, dataFd);
  }
}

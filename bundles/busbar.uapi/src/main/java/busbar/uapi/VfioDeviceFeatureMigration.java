package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_MIGRATION}, to get: which states of migration the
 * device has.
 *
 * <p>Source: {@code struct vfio_device_feature_migration}, {@code <linux/vfio.h>}.
 *
 * @param flags {@code VFIO_MIGRATION_STOP_COPY}, always, with {@code P2P} and {@code PRE_COPY} if
 *     supported
 */
public record VfioDeviceFeatureMigration(long flags) {

  public static final long OFFSET_FLAGS = 0;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("flags")).withName("vfio_device_feature_migration");

  public static VfioDeviceFeatureMigration decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeatureMigration decode(MemorySegment s, long at) {
    return new VfioDeviceFeatureMigration(s.get(U64, at + OFFSET_FLAGS));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_FLAGS, flags);
  }
}

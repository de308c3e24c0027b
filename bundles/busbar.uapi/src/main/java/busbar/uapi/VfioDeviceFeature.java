package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_DEVICE_FEATURE} on a device; the feature's own struct follows as {@code
 * data}.
 *
 * <p>The flexible array {@code data} (bytes) starts at {@link #OFFSET_DATA} and is no component.
 *
 * <p>Source: {@code struct vfio_device_feature}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ} plus the feature's struct
 * @param flags feature in {@code VFIO_DEVICE_FEATURE_MASK}, with {@code GET} or {@code SET}, or
 *     with {@code PROBE} and those to be asked about
 */
public record VfioDeviceFeature(int argsz, int flags) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DATA = 8;
  public static final long SIZE = 8;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              MemoryLayout.sequenceLayout(0, U8).withName("data"))
          .withName("vfio_device_feature");

  public static VfioDeviceFeature decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceFeature decode(MemorySegment s, long at) {
    return new VfioDeviceFeature(s.get(U32, at + OFFSET_ARGSZ), s.get(U32, at + OFFSET_FLAGS));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
  }

  /** Where {@code data} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_DATA;
  }
}

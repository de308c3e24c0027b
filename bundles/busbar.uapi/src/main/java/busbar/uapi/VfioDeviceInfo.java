package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Answer of {@code VFIO_DEVICE_GET_INFO} on a device.
 *
 * <p>With {@code VFIO_DEVICE_FLAGS_CAPS} a {@link CapabilityChain} follows. If the buffer is too
 * small for it, the call succeeds with {@code capOffset} 0 and {@code argsz} raised to what is
 * needed.
 *
 * <p>Source: {@code struct vfio_device_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz in: bytes of the buffer, at least {@link #MIN_ARGSZ}; out: bytes needed, if more
 * @param flags out: {@code VFIO_DEVICE_FLAGS_*}: kind of device, whether it can be reset, whether
 *     there are capabilities
 * @param numRegions out: regions with a fixed index and those specific to the device
 * @param numIrqs out: interrupt indexes
 * @param capOffset out: bytes from the start of this struct to the first capability, 0 if there is
 *     none
 * @param pad padding, 0
 */
public record VfioDeviceInfo(
    int argsz, int flags, int numRegions, int numIrqs, int capOffset, int pad) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_NUM_REGIONS = 8;
  public static final long OFFSET_NUM_IRQS = 12;
  public static final long OFFSET_CAP_OFFSET = 16;
  public static final long OFFSET_PAD = 20;
  public static final long SIZE = 24;

  /** Smallest {@code argsz} accepted, in bytes: without {@code cap_offset}, which came later. */
  public static final int MIN_ARGSZ = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("num_regions"),
              U32.withName("num_irqs"),
              U32.withName("cap_offset"),
              U32.withName("pad"))
          .withName("vfio_device_info");

  public static VfioDeviceInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceInfo decode(MemorySegment s, long at) {
    return new VfioDeviceInfo(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_NUM_REGIONS),
        s.get(U32, at + OFFSET_NUM_IRQS),
        s.get(U32, at + OFFSET_CAP_OFFSET),
        s.get(U32, at + OFFSET_PAD));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_NUM_REGIONS, numRegions);
    s.set(U32, at + OFFSET_NUM_IRQS, numIrqs);
    s.set(U32, at + OFFSET_CAP_OFFSET, capOffset);
    s.set(U32, at + OFFSET_PAD, pad);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code VFIO_DEVICE_GET_REGION_INFO} on a device: one region, which is a
 * window of the device file.
 *
 * <p>With {@code VFIO_REGION_INFO_FLAG_CAPS} a {@link CapabilityChain} follows. If the buffer is
 * too small for it, the call succeeds with {@code capOffset} 0 and {@code argsz} raised to what is
 * needed.
 *
 * <p>Source: {@code struct vfio_region_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz in: bytes of the buffer, at least {@link #MIN_ARGSZ}; out: bytes needed, if more
 * @param flags out: {@code VFIO_REGION_INFO_FLAG_*}: what read, write and mmap may do
 * @param index in: region, 0 to {@code numRegions} - 1
 * @param capOffset out: bytes from the start of this struct to the first capability, 0 if there is
 *     none
 * @param size out: bytes of the region, 0 if the device does not implement it
 * @param offset out: where the region starts in the device file, in bytes
 */
public record VfioRegionInfo(
    int argsz, int flags, int index, int capOffset, long size, long offset) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_INDEX = 8;
  public static final long OFFSET_CAP_OFFSET = 12;
  public static final long OFFSET_SIZE = 16;
  public static final long OFFSET_OFFSET = 24;
  public static final long SIZE = 32;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("index"),
              U32.withName("cap_offset"),
              U64.withName("size"),
              U64.withName("offset"))
          .withName("vfio_region_info");

  public static VfioRegionInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionInfo decode(MemorySegment s, long at) {
    return new VfioRegionInfo(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_INDEX),
        s.get(U32, at + OFFSET_CAP_OFFSET),
        s.get(U64, at + OFFSET_SIZE),
        s.get(U64, at + OFFSET_OFFSET));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_INDEX, index);
    s.set(U32, at + OFFSET_CAP_OFFSET, capOffset);
    s.set(U64, at + OFFSET_SIZE, size);
    s.set(U64, at + OFFSET_OFFSET, offset);
  }
}

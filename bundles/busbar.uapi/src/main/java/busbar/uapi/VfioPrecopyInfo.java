package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Answer of {@code VFIO_MIG_GET_PRECOPY_INFO} on a migration stream in a {@code PRE_COPY} state.
 * Both amounts are estimates.
 *
 * <p>Source: {@code struct vfio_precopy_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags out: {@code VFIO_PRECOPY_INFO_REINIT} if the initial bytes start anew, only after
 *     feature {@code MIG_PRECOPY_INFOv2} was set
 * @param initialBytes out: bytes of the data that the target should have before the device stops
 * @param dirtyBytes out: bytes that have changed since they were read
 */
public record VfioPrecopyInfo(int argsz, int flags, long initialBytes, long dirtyBytes) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_INITIAL_BYTES = 8;
  public static final long OFFSET_DIRTY_BYTES = 16;
  public static final long SIZE = 24;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U64.withName("initial_bytes"),
              U64.withName("dirty_bytes"))
          .withName("vfio_precopy_info");

  public static VfioPrecopyInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioPrecopyInfo decode(MemorySegment s, long at) {
    return new VfioPrecopyInfo(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_INITIAL_BYTES),
        s.get(U64, at + OFFSET_DIRTY_BYTES));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_INITIAL_BYTES, initialBytes);
    s.set(U64, at + OFFSET_DIRTY_BYTES, dirtyBytes);
  }
}

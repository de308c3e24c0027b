package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Answer of {@code VFIO_GROUP_GET_STATUS} on a group.
 *
 * <p>Source: {@code struct vfio_group_status}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags out: {@code VFIO_GROUP_FLAGS_VIABLE} if no device of the group has a host driver
 *     that could do DMA, {@code VFIO_GROUP_FLAGS_CONTAINER_SET} if the group has a container
 */
public record VfioGroupStatus(int argsz, int flags) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long SIZE = 8;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("argsz"), U32.withName("flags"))
          .withName("vfio_group_status");

  public static VfioGroupStatus decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioGroupStatus decode(MemorySegment s, long at) {
    return new VfioGroupStatus(s.get(U32, at + OFFSET_ARGSZ), s.get(U32, at + OFFSET_FLAGS));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
  }
}

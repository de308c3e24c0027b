package busbar.uapi;

import static busbar.uapi.Abi.S32;
import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_DEVICE_PCI_HOT_RESET} on a PCI device: resets its slot or bus. A client
 * with groups proves by their files that it owns all that is reset, a client with device nodes
 * passes none.
 *
 * <p>The flexible array {@code group_fds} (ints (file descriptors)) starts at {@link
 * #OFFSET_GROUP_FDS} and is no component.
 *
 * <p>Source: {@code struct vfio_pci_hot_reset}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags must be 0
 * @param count elements of {@code group_fds}
 */
public record VfioPciHotReset(int argsz, int flags, int count) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_COUNT = 8;
  public static final long OFFSET_GROUP_FDS = 12;
  public static final long SIZE = 12;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("count"),
              MemoryLayout.sequenceLayout(0, S32).withName("group_fds"))
          .withName("vfio_pci_hot_reset");

  public static VfioPciHotReset decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioPciHotReset decode(MemorySegment s, long at) {
    return new VfioPciHotReset(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_COUNT));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_COUNT, count);
  }

  /** Where {@code group_fds} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_GROUP_FDS;
  }
}

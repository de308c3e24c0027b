package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Answer of {@code VFIO_DEVICE_GET_PCI_HOT_RESET_INFO} on a PCI device: everything that shares its
 * slot or bus. ENOSPC with {@code count} set if the buffer is too small.
 *
 * <p>The flexible array {@code devices} ({@link VfioPciDependentDevice} elements) starts at {@link
 * #OFFSET_DEVICES} and is no component.
 *
 * <p>Source: {@code struct vfio_pci_hot_reset_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags out: {@code VFIO_PCI_HOT_RESET_FLAG_DEV_ID} and {@code _DEV_ID_OWNED}, 0 if asked
 *     through a group
 * @param count out: elements of {@code devices}, also those that did not fit
 */
public record VfioPciHotResetInfo(int argsz, int flags, int count) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_COUNT = 8;
  public static final long OFFSET_DEVICES = 12;
  public static final long SIZE = 12;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("count"),
              MemoryLayout.sequenceLayout(0, VfioPciDependentDevice.LAYOUT).withName("devices"))
          .withName("vfio_pci_hot_reset_info");

  public static VfioPciHotResetInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioPciHotResetInfo decode(MemorySegment s, long at) {
    return new VfioPciHotResetInfo(
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

  /** Where {@code devices} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_DEVICES;
  }
}

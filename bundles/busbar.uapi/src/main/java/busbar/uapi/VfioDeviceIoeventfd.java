package busbar.uapi;

import static busbar.uapi.Abi.S32;
import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_DEVICE_IOEVENTFD} on a PCI device: signalling an eventfd writes a value
 * to a BAR. The same address, width and value with {@code fd} -1 removes it.
 *
 * <p>Source: {@code struct vfio_device_ioeventfd}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags exactly one of {@code VFIO_DEVICE_IOEVENTFD_8}, {@code 16}, {@code 32}, {@code 64}:
 *     width of the write in bits
 * @param offset where to write, in bytes of the device file
 * @param data value to write, in the low bits
 * @param fd eventfd, or -1 to remove
 * @param reserved padding, 0
 */
public record VfioDeviceIoeventfd(
    int argsz, int flags, long offset, long data, int fd, int reserved) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_OFFSET = 8;
  public static final long OFFSET_DATA = 16;
  public static final long OFFSET_FD = 24;
  public static final long OFFSET_RESERVED = 28;
  public static final long SIZE = 32;

  /** Smallest {@code argsz} accepted, in bytes: without the tail padding. */
  public static final int MIN_ARGSZ = 28;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U64.withName("offset"),
              U64.withName("data"),
              S32.withName("fd"),
              U32.withName("reserved"))
          .withName("vfio_device_ioeventfd");

  public static VfioDeviceIoeventfd decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceIoeventfd decode(MemorySegment s, long at) {
    return new VfioDeviceIoeventfd(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_OFFSET),
        s.get(U64, at + OFFSET_DATA),
        s.get(S32, at + OFFSET_FD),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_OFFSET, offset);
    s.set(U64, at + OFFSET_DATA, data);
    s.set(S32, at + OFFSET_FD, fd);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}

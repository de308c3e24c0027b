package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code VFIO_DEVICE_GET_IRQ_INFO} on a device: one interrupt index.
 *
 * <p>Source: {@code struct vfio_irq_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags out: {@code VFIO_IRQ_INFO_*}: how the interrupts can be signalled and masked
 * @param index in: interrupt index, 0 to {@code numIrqs} - 1
 * @param count out: interrupts of this index, 0 if the device does not implement it
 */
public record VfioIrqInfo(int argsz, int flags, int index, int count) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_INDEX = 8;
  public static final long OFFSET_COUNT = 12;
  public static final long SIZE = 16;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("index"),
              U32.withName("count"))
          .withName("vfio_irq_info");

  public static VfioIrqInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIrqInfo decode(MemorySegment s, long at) {
    return new VfioIrqInfo(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_INDEX),
        s.get(U32, at + OFFSET_COUNT));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_INDEX, index);
    s.set(U32, at + OFFSET_COUNT, count);
  }
}

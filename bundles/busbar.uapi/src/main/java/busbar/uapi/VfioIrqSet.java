package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_DEVICE_SET_IRQS} on a device: wires, fires, masks or unmasks a range of
 * interrupts.
 *
 * <p>{@code data} holds nothing ({@code VFIO_IRQ_SET_DATA_NONE}), a byte ({@code BOOL}) or a signed
 * 32-bit file descriptor ({@code EVENTFD}, -1 for none) for each interrupt. It starts at {@link
 * #OFFSET_DATA}, which is no multiple of eight, and is no component. Count 0 with no data and
 * {@code TRIGGER} tears the whole index down.
 *
 * <p>Source: {@code struct vfio_irq_set}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ} plus the data
 * @param flags exactly one {@code VFIO_IRQ_SET_DATA_*} and one {@code VFIO_IRQ_SET_ACTION_*}
 * @param index interrupt index
 * @param start first interrupt of the index
 * @param count interrupts
 */
public record VfioIrqSet(int argsz, int flags, int index, int start, int count) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_INDEX = 8;
  public static final long OFFSET_START = 12;
  public static final long OFFSET_COUNT = 16;
  public static final long OFFSET_DATA = 20;
  public static final long SIZE = 20;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 20;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("index"),
              U32.withName("start"),
              U32.withName("count"),
              MemoryLayout.sequenceLayout(0, U8).withName("data"))
          .withName("vfio_irq_set");

  public static VfioIrqSet decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIrqSet decode(MemorySegment s, long at) {
    return new VfioIrqSet(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_INDEX),
        s.get(U32, at + OFFSET_START),
        s.get(U32, at + OFFSET_COUNT));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_INDEX, index);
    s.set(U32, at + OFFSET_START, start);
    s.set(U32, at + OFFSET_COUNT, count);
  }

  /** Where {@code data} starts, in bytes from the start of the struct. */
  public static long flexOffset() {
    return OFFSET_DATA;
  }
}

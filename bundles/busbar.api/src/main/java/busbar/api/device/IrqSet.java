package busbar.api.device;

import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_MASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TRIGGER;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_UNMASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_BOOL;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_NONE;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/**
 * A {@code VFIO_DEVICE_SET_IRQS} call that every bus driver takes apart in the same way, checked in
 * the kernel's order.
 *
 * @param index interrupt index, smaller than the device's number of them
 * @param start first interrupt of the index
 * @param count interrupts; {@code start + count} does not exceed what the index has
 * @param data what follows the header
 * @param action what to do; {@link Action#NONE_OR_SEVERAL} is the driver's to refuse ({@code
 *     ENOTTY})
 * @param payload {@code count} elements of the data kind's size, in place
 */
public record IrqSet(
    int index, int start, int count, DataKind data, Action action, MemorySegment payload) {
  private static final int DATA_BITS =
      VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD;
  private static final int ACTION_BITS =
      VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER;

  /** The kind of the payload. */
  public enum DataKind {
    NONE(0),
    BOOL(1),
    EVENTFD(4);

    private final int size;

    DataKind(int size) {
      this.size = size;
    }
  }

  /** The action bits. */
  public enum Action {
    MASK,
    UNMASK,
    TRIGGER,
    NONE_OR_SEVERAL
  }

  /**
   * Decodes and checks.
   *
   * @param indexes how many interrupt indexes the device has
   * @param vectors how many interrupts an index has
   * @throws busbar.api.VfioException {@code EFAULT} if the memory is short; {@code EINVAL} for
   *     {@code argsz}, index, an overflow of start and count, an unknown flag, a range beyond the
   *     index, not exactly one data kind, or a payload that {@code argsz} leaves no room for; in
   *     that order
   */
  public static IrqSet decode(MemorySegment argument, int indexes, IntUnaryOperator vectors) {
    VfioIrqSet header = VfioIrqSet.decode(Args.struct(argument, VfioIrqSet.SIZE));
    long argsz = Integer.toUnsignedLong(header.argsz());
    long start = Integer.toUnsignedLong(header.start());
    long count = Integer.toUnsignedLong(header.count());
    if (argsz < VfioIrqSet.MIN_ARGSZ) {
      throw Errno.EINVAL.because("argsz is %d, SET_IRQS needs %d", argsz, VfioIrqSet.MIN_ARGSZ);
    }
    if (Integer.compareUnsigned(header.index(), indexes) >= 0) {
      throw Errno.EINVAL.because(
          "interrupt index %s is beyond the %d that the device has",
          Integer.toUnsignedString(header.index()), indexes);
    }
    if (count >= 0xffff_ffffL - start) {
      throw Errno.EINVAL.because("start %d and count %d overflow", start, count);
    }
    if ((header.flags() & ~(DATA_BITS | ACTION_BITS)) != 0) {
      throw Errno.EINVAL.because("SET_IRQS has unknown flags 0x%x", header.flags());
    }
    int available = vectors.applyAsInt(header.index());
    if (start >= available || start + count > available) {
      throw Errno.EINVAL.because(
          "interrupts %d to %d of index %d are beyond its %d",
          start, start + count - 1, header.index(), available);
    }
    DataKind kind = dataKind(header.flags());
    long size = count * kind.size;
    if (argsz - VfioIrqSet.SIZE < size) {
      throw Errno.EINVAL.because(
          "argsz is %d, %d interrupts need %d bytes more", argsz, count, size);
    }
    MemorySegment whole = Args.struct(argument, VfioIrqSet.SIZE + size);
    return new IrqSet(
        header.index(),
        header.start(),
        header.count(),
        kind,
        actionOf(header.flags()),
        whole.asSlice(VfioIrqSet.SIZE, size));
  }

  private static DataKind dataKind(int flags) {
    return switch (flags & DATA_BITS) {
      case VFIO_IRQ_SET_DATA_NONE -> DataKind.NONE;
      case VFIO_IRQ_SET_DATA_BOOL -> DataKind.BOOL;
      case VFIO_IRQ_SET_DATA_EVENTFD -> DataKind.EVENTFD;
      default ->
          throw Errno.EINVAL.because("SET_IRQS needs exactly one data kind, flags are 0x%x", flags);
    };
  }

  private static Action actionOf(int flags) {
    return switch (flags & ACTION_BITS) {
      case VFIO_IRQ_SET_ACTION_MASK -> Action.MASK;
      case VFIO_IRQ_SET_ACTION_UNMASK -> Action.UNMASK;
      case VFIO_IRQ_SET_ACTION_TRIGGER -> Action.TRIGGER;
      default -> Action.NONE_OR_SEVERAL;
    };
  }

  /** Element {@code i} of a BOOL payload. */
  public boolean bool(int i) {
    return payload.get(ValueLayout.JAVA_BYTE, i) != 0;
  }

  /** Element {@code i} of an EVENTFD payload: a descriptor, negative to remove. */
  public int fd(int i) {
    return payload.get(ValueLayout.JAVA_INT_UNALIGNED, i * 4L);
  }
}

package busbar.model.mtty;

import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TYPE_MASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_BOOL;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_NONE;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_TYPE_MASK;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_IRQS;

import busbar.api.Errno;
import busbar.uapi.VfioIrqSet;

/** The checks that the kernel's drivers share, {@code vfio_set_irqs_validate_and_prepare}. */
final class IrqSetCheck {
  private static final long U32_MAX = 0xffff_ffffL;
  private static final int KNOWN_FLAGS =
      VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK;

  private IrqSetCheck() {}

  /**
   * The bytes of data that the call brings.
   *
   * @param vectors what the driver says its vectors are: mtty gives the number of its indexes
   * @throws busbar.api.VfioException {@code EINVAL} if the header is not sound
   */
  static long dataSize(VfioIrqSet call, int vectors) {
    long argsz = Integer.toUnsignedLong(call.argsz());
    long index = Integer.toUnsignedLong(call.index());
    long start = Integer.toUnsignedLong(call.start());
    long count = Integer.toUnsignedLong(call.count());
    if (argsz < VfioIrqSet.MIN_ARGSZ
        || index >= VFIO_PCI_NUM_IRQS
        || count >= U32_MAX - start
        || (call.flags() & ~KNOWN_FLAGS) != 0) {
      throw Errno.EINVAL.because(
          "SET_IRQS with argsz %d, index %d, vectors %d+%d and flags 0x%x is not sound",
          argsz, index, start, count, call.flags());
    }
    if (start >= vectors || start + count > vectors) {
      throw Errno.EINVAL.because(
          "vectors %d+%d are not among %d, which are known after GET_INFO only",
          start, count, vectors);
    }
    long size =
        count
            * switch (call.flags() & VFIO_IRQ_SET_DATA_TYPE_MASK) {
              case VFIO_IRQ_SET_DATA_NONE -> 0;
              case VFIO_IRQ_SET_DATA_BOOL -> 1;
              case VFIO_IRQ_SET_DATA_EVENTFD -> Integer.BYTES;
              default ->
                  throw Errno.EINVAL.because(
                      "flags 0x%x ask for no kind of data, or several", call.flags());
            };
    if (argsz - VfioIrqSet.MIN_ARGSZ < size) {
      throw Errno.EINVAL.because("argsz %d leaves no room for %d bytes of data", argsz, size);
    }
    return size;
  }
}

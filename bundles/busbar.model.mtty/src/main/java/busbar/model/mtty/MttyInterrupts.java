package busbar.model.mtty;

import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_MASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TRIGGER;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TYPE_MASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_UNMASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_BOOL;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_NONE;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where the card's interrupt goes: nowhere, to INTx or to MSI, one at a time. INTx masks itself
 * when it is signalled. Guarded by the card's {@code opsLock}.
 */
final class MttyInterrupts {
  /** The index in force when there is none. */
  static final int NONE = -1;

  private int index = NONE;

  /** Set exactly while {@code index} is not {@link #NONE}. */
  private EventFd eventFd;

  private boolean masked;

  /** The device has something to say. */
  void trigger() {
    if (index == NONE || masked) {
      return;
    }
    eventFd.signal();
    masked = index == VFIO_PCI_INTX_IRQ_INDEX;
  }

  /**
   * One call of {@code VFIO_DEVICE_SET_IRQS} whose header is sound.
   *
   * @param data as many bytes as the header announces
   */
  void set(Caller caller, VfioIrqSet call, MemorySegment data) {
    switch (call.index()) {
      case VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX -> setOne(caller, call, data);
      default -> throw Errno.ENOTTY.because("mtty cannot set interrupts of index %d", call.index());
    }
  }

  private void setOne(Caller caller, VfioIrqSet call, MemorySegment data) {
    switch (call.flags() & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
      case VFIO_IRQ_SET_ACTION_MASK -> mask(call, data, true);
      case VFIO_IRQ_SET_ACTION_UNMASK -> mask(call, data, false);
      case VFIO_IRQ_SET_ACTION_TRIGGER -> wire(caller, call, data);
      default -> {
        // no action, or several: the sample does nothing and calls it a success
      }
    }
  }

  private void mask(VfioIrqSet call, MemorySegment data, boolean mask) {
    if (call.index() == VFIO_PCI_MSI_IRQ_INDEX) {
      throw Errno.ENOTTY.because("MSI of mtty cannot be masked");
    }
    if (index != VFIO_PCI_INTX_IRQ_INDEX || call.start() != 0 || call.count() != 1) {
      throw Errno.EINVAL.because(
          "INTx of mtty is %s, vectors %d+%d cannot be masked or unmasked",
          index == VFIO_PCI_INTX_IRQ_INDEX ? "one" : "not wired", call.start(), call.count());
    }
    if (has(call, VFIO_IRQ_SET_DATA_EVENTFD)) {
      throw Errno.ENOTTY.because("INTx of mtty cannot be masked by an eventfd");
    }
    if (has(call, VFIO_IRQ_SET_DATA_NONE) || isSet(data)) {
      masked = mask;
    }
  }

  private void wire(Caller caller, VfioIrqSet call, MemorySegment data) {
    if (index == call.index() && call.count() == 0 && has(call, VFIO_IRQ_SET_DATA_NONE)) {
      unwire();
      return;
    }
    if (index != call.index() && index != NONE || call.start() != 0 || call.count() != 1) {
      throw Errno.EINVAL.because(
          "mtty has one interrupt, wired to index %d: index %d, vectors %d+%d do not fit",
          index, call.index(), call.start(), call.count());
    }
    if (has(call, VFIO_IRQ_SET_DATA_EVENTFD)) {
      unwire();
      int fd = data.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
      if (fd >= 0) {
        eventFd = caller.eventFd(fd);
        index = call.index();
      }
      return;
    }
    if (index == NONE) {
      throw Errno.EINVAL.because("the interrupt of mtty is not wired, it cannot be triggered");
    }
    if (has(call, VFIO_IRQ_SET_DATA_NONE) || has(call, VFIO_IRQ_SET_DATA_BOOL) && isSet(data)) {
      trigger();
    }
  }

  private static boolean has(VfioIrqSet call, int flag) {
    return (call.flags() & flag) != 0;
  }

  private static boolean isSet(MemorySegment data) {
    return data.get(ValueLayout.JAVA_BYTE, 0) != 0;
  }

  /** Nobody listens any more. */
  void unwire() {
    eventFd = null;
    index = NONE;
    masked = false;
  }

  int index() {
    return index;
  }

  /** {@code null} if nothing is wired. */
  EventFd eventFd() {
    return eventFd;
  }

  boolean masked() {
    return masked;
  }

  /** Whether an index and an eventfd go together. */
  static boolean canBe(long index, EventFd eventFd) {
    return eventFd == null
        ? index == NONE
        : index == VFIO_PCI_INTX_IRQ_INDEX || index == VFIO_PCI_MSI_IRQ_INDEX;
  }

  /** Takes over the wiring of a predecessor. */
  void restore(int wiredIndex, EventFd wiredTo, boolean wasMasked) {
    index = wiredIndex;
    eventFd = wiredTo;
    masked = wasMasked;
  }
}

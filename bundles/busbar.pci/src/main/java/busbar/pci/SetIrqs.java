package busbar.pci;

import static busbar.uapi.VfioHeader.VFIO_PCI_ERR_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSIX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_IRQS;
import static busbar.uapi.VfioHeader.VFIO_PCI_REQ_IRQ_INDEX;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.VfioException;
import busbar.api.device.IrqSet;
import busbar.api.device.IrqSet.Action;
import busbar.api.device.IrqSet.DataKind;
import busbar.api.pci.PciDevice.MessageKind;
import busbar.pci.Interrupts.Type;
import java.lang.foreign.MemorySegment;

/**
 * {@code VFIO_DEVICE_SET_IRQS}: which index, action and data go together with the type in force.
 */
final class SetIrqs {
  private final OpenFunction function;
  private final Interrupts irqs;

  SetIrqs(OpenFunction function) {
    this.function = function;
    this.irqs = function.irqs;
  }

  /** Returns 0, or the number of vectors that there could be if that is fewer than were asked. */
  long run(Caller caller, MemorySegment argument) {
    IrqSet set = IrqSet.decode(argument, VFIO_PCI_NUM_IRQS, function::irqCount);
    return irqs.gated(() -> run(caller, set));
  }

  private long run(Caller caller, IrqSet set) {
    switch (set.index()) {
      case VFIO_PCI_INTX_IRQ_INDEX -> {
        switch (set.action()) {
          case MASK -> maskIntx(set);
          case UNMASK -> unmaskIntx(caller, set);
          case TRIGGER -> triggerIntx(caller, set);
          case NONE_OR_SEVERAL -> throw unknown(set);
        }
      }
      case VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_MSIX_IRQ_INDEX -> {
        onlyTrigger(set);
        return triggerMessages(caller, set);
      }
      case VFIO_PCI_ERR_IRQ_INDEX -> {
        onlyTrigger(set);
        function.errReq.setError(caller, set);
      }
      case VFIO_PCI_REQ_IRQ_INDEX -> {
        onlyTrigger(set);
        function.errReq.setRequest(caller, set);
      }
      default -> throw unknown(set);
    }
    return 0;
  }

  private static void onlyTrigger(IrqSet set) {
    if (set.action() != Action.TRIGGER) {
      throw unknown(set);
    }
  }

  private static VfioException unknown(IrqSet set) {
    return Errno.ENOTTY.because(
        "interrupt index %d cannot do %s with %s", set.index(), set.action(), set.data());
  }

  private void checkIntx(IrqSet set) {
    if (irqs.type() != Type.INTX || set.start() != 0 || set.count() != 1) {
      throw Errno.EINVAL.because(
          "the type in force is %s; INTx is one interrupt: start %d, count %d",
          irqs.type(), set.start(), set.count());
    }
  }

  private void maskIntx(IrqSet set) {
    checkIntx(set);
    switch (set.data()) {
      case NONE -> irqs.intx().mask();
      case BOOL -> {
        if (set.bool(0)) {
          irqs.intx().mask();
        }
      }
      case EVENTFD -> throw unknown(set);
    }
  }

  private void unmaskIntx(Caller caller, IrqSet set) {
    checkIntx(set);
    if (set.data() == DataKind.EVENTFD) {
      irqs.intx().setUnmaskFd(caller, set.fd(0));
    } else if ((set.data() == DataKind.NONE || set.bool(0)) && irqs.intx().unmask()) {
      irqs.intx().send();
    }
  }

  private void triggerIntx(Caller caller, IrqSet set) {
    boolean inForce = irqs.type() == Type.INTX;
    if (inForce && set.count() == 0 && set.data() == DataKind.NONE) {
      irqs.disable();
      return;
    }
    if (!inForce && irqs.type() != Type.NONE || set.start() != 0 || set.count() != 1) {
      throw Errno.EINVAL.because(
          "the type in force is %s; INTx is one interrupt: start %d, count %d",
          irqs.type(), set.start(), set.count());
    }
    if (set.data() == DataKind.EVENTFD) {
      EventFd trigger = set.fd(0) >= 0 ? caller.eventFd(set.fd(0)) : null;
      if (inForce) {
        irqs.intx().setTrigger(trigger);
      } else {
        irqs.enableIntx(trigger);
      }
      return;
    }
    if (!inForce) {
      throw Errno.EINVAL.because("INTx is not in force, it cannot be triggered");
    }
    if (set.data() == DataKind.NONE || set.bool(0)) {
      irqs.intx().send();
    }
  }

  private long triggerMessages(Caller caller, IrqSet set) {
    boolean msi = set.index() == VFIO_PCI_MSI_IRQ_INDEX;
    boolean inForce = irqs.type() == (msi ? Type.MSI : Type.MSIX);
    if (inForce && set.count() == 0 && set.data() == DataKind.NONE) {
      irqs.disable();
      return 0;
    }
    if (!inForce && irqs.type() != Type.NONE) {
      throw Errno.EINVAL.because(
          "the type in force is %s, it must be disabled before index %d is used",
          irqs.type(), set.index());
    }
    if (set.data() == DataKind.EVENTFD) {
      if (inForce) {
        wireBlock(caller, set);
        return 0;
      }
      MessageKind kind = msi ? MessageKind.MSI : MessageKind.MSIX;
      int available = irqs.enableMessages(kind, set.start() + set.count());
      if (available != 0) {
        return available;
      }
      try {
        wireBlock(caller, set);
      } catch (RuntimeException e) {
        irqs.disable();
        throw e;
      }
      return 0;
    }
    if (!inForce) {
      throw Errno.EINVAL.because("index %d is not in force, it cannot be triggered", set.index());
    }
    loopback(set);
    return 0;
  }

  /**
   * Wires one vector after the other; if one fails, it and those before it end up with no eventfd.
   */
  private void wireBlock(Caller caller, IrqSet set) {
    for (int i = 0; i < set.count(); i++) {
      try {
        irqs.wire(set.start() + i, caller, set.fd(i));
      } catch (RuntimeException e) {
        for (int undo = 0; undo <= i; undo++) {
          irqs.wire(set.start() + undo, caller, -1);
        }
        throw e;
      }
    }
  }

  private void loopback(IrqSet set) {
    for (int i = 0; i < set.count(); i++) {
      EventFd trigger = irqs.wiredTo(set.start() + i);
      if (trigger != null && (set.data() == DataKind.NONE || set.bool(i))) {
        trigger.signal();
      }
    }
  }
}

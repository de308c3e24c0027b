package busbar.platform;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.IrqSet;
import busbar.api.device.IrqSet.DataKind;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** {@code VFIO_DEVICE_SET_IRQS}: the rules of {@code vfio_platform_irq.c}. */
final class SetIrqs {
  private SetIrqs() {}

  static void run(PlatformCoreDevice device, Caller caller, MemorySegment argument) {
    // the number of lines bounds the index and, as in the kernel, also the range within one
    int lines = device.irqs.size();
    IrqSet set = IrqSet.decode(argument, lines, index -> lines);
    device.irqGate.lock();
    try {
      PlatformIrq irq = device.irqs.get(set.index());
      switch (set.action()) {
        case MASK -> mask(irq, caller, set);
        case UNMASK -> unmask(irq, caller, set);
        case TRIGGER -> trigger(irq, caller, set);
        case NONE_OR_SEVERAL ->
            throw Errno.ENOTTY.because(
                "SET_IRQS of %s needs exactly one action", device.vfio.name());
      }
    } finally {
      device.irqGate.unlock();
    }
  }

  private static void mask(PlatformIrq irq, Caller caller, IrqSet set) {
    change(irq, caller, set, irq::mask, irq::setMask, irq::removeMask);
  }

  private static void unmask(PlatformIrq irq, Caller caller, IrqSet set) {
    change(irq, caller, set, irq::unmask, irq::setUnmask, irq::removeUnmask);
  }

  /** Masking and unmasking differ in what they do, not in what they check. */
  private static void change(
      PlatformIrq irq,
      Caller caller,
      IrqSet set,
      Runnable now,
      Consumer<EventFd> onSignal,
      Runnable noMore) {
    irq.checkRequested();
    checkOne(set);
    irq.checkMaskable();
    switch (set.data()) {
      case EVENTFD -> {
        if (set.fd(0) < 0) {
          noMore.run();
        } else {
          onSignal.accept(caller.eventFd(set.fd(0)));
        }
      }
      case NONE -> now.run();
      case BOOL -> {
        if (set.bool(0)) {
          now.run();
        }
      }
    }
  }

  private static void trigger(PlatformIrq irq, Caller caller, IrqSet set) {
    irq.checkRequested();
    if (set.count() == 0 && set.data() == DataKind.NONE) {
      irq.setTrigger(null);
      return;
    }
    checkOne(set);
    switch (set.data()) {
      case EVENTFD -> setTrigger(irq, caller, set.fd(0));
      case NONE -> irq.loopback();
      case BOOL -> {
        if (set.bool(0)) {
          irq.loopback();
        }
      }
    }
  }

  /**
   * The old eventfd is dropped before the new one is looked up: a bad one leaves the line disabled.
   */
  private static void setTrigger(PlatformIrq irq, Caller caller, int fd) {
    irq.setTrigger(null);
    if (fd >= 0) {
      EventFd eventFd = caller.eventFd(fd);
      irq.setTrigger(eventFd);
    }
  }

  private static void checkOne(IrqSet set) {
    if (set.start() != 0 || set.count() != 1) {
      throw Errno.EINVAL.because(
          "a line is one interrupt: start %d, count %d make no sense", set.start(), set.count());
    }
  }
}

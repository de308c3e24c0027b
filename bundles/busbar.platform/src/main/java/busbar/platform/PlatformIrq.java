package busbar.platform;

import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_AUTOMASKED;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_INFO_MASKABLE;

import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.VfioException;
import busbar.api.device.Virqfd;
import busbar.api.irq.InterruptSource;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.platform.PlatformDevice.Irq;
import busbar.api.platform.PlatformDevice.Trigger;
import busbar.api.state.StateRecord;
import java.util.HashMap;
import java.util.Map;

/**
 * One interrupt of an open device.
 *
 * <p>The line is requested disabled. A trigger enables it once; masking is a further disable, so
 * that a masked interrupt stays masked when its eventfd is swapped. A level-triggered interrupt is
 * masked as it is taken, until the user unmasks it.
 */
final class PlatformIrq {
  private static final String TRIGGER = "trigger";
  private static final String MASK_FD = "maskFd";
  private static final String UNMASK_FD = "unmaskFd";
  private static final String MASKED = "masked";

  private final Irq irq;
  private final String owner;

  /** Guards {@link #masked}; a leaf lock, taken by interrupt handlers. */
  private final Object maskLock = new Object();

  private boolean masked;
  private volatile EventFd trigger;
  private Virqfd mask;
  private Virqfd unmask;
  private VfioException requestFailure;

  PlatformIrq(Irq irq, String owner) {
    this.irq = irq;
    this.owner = owner;
  }

  /** {@code VFIO_IRQ_INFO_*} bits. */
  int flags() {
    return isLevel()
        ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED
        : VFIO_IRQ_INFO_EVENTFD;
  }

  private boolean isLevel() {
    return irq.trigger() == Trigger.LEVEL;
  }

  /**
   * Requests the line. A failure is remembered and answered to every later use, so that a user who
   * polls can still open the device.
   */
  void request() {
    try {
      irq.source()
          .request(
              owner,
              InterruptSource.Sharing.EXCLUSIVE,
              InterruptSource.Start.DISABLED,
              this::interrupt);
    } catch (VfioException e) {
      requestFailure = e;
    }
  }

  /** The last close. */
  void free() {
    removeMask();
    removeUnmask();
    if (requestFailure == null) {
      irq.source().free();
    }
    trigger = null;
    requestFailure = null;
    masked = false;
  }

  void checkRequested() {
    if (requestFailure != null) {
      throw new VfioException(
          requestFailure.errno(),
          "line " + irq.number() + " could not be requested at open: " + requestFailure.because(),
          requestFailure);
    }
  }

  void checkMaskable() {
    if (!isLevel()) {
      throw Errno.EINVAL.because("line %d is edge-triggered and cannot be masked", irq.number());
    }
  }

  /** Runs the handler as if the line had fired. */
  void loopback() {
    interrupt();
  }

  private Handled interrupt() {
    if (isLevel()) {
      synchronized (maskLock) {
        if (masked) {
          return Handled.NONE;
        }
        irq.source().disable();
        masked = true;
      }
    }
    EventFd now = trigger;
    if (now != null) {
      now.signal();
    }
    return Handled.YES;
  }

  void mask() {
    synchronized (maskLock) {
      if (masked) {
        return;
      }
      masked = true;
    }
    irq.source().disable();
  }

  void unmask() {
    synchronized (maskLock) {
      if (!masked) {
        return;
      }
      masked = false;
    }
    // outside the lock: a level that is still high fires from inside this call
    irq.source().enable();
  }

  /** Replaces the eventfd; {@code null} disables the interrupt. */
  void setTrigger(EventFd eventFd) {
    if (trigger != null) {
      irq.source().disable();
      trigger = null;
    }
    if (eventFd != null) {
      trigger = eventFd;
      irq.source().enable();
    }
  }

  /** Masks when the eventfd is signalled; {@code EBUSY} if there is one already. */
  void setMask(EventFd eventFd) {
    if (mask != null && mask.isActive()) {
      throw Errno.EBUSY.because("line %d has an eventfd that masks it already", irq.number());
    }
    mask = new Virqfd(eventFd, this::mask);
  }

  void removeMask() {
    if (mask != null) {
      mask.close();
      mask = null;
    }
  }

  /** Unmasks when the eventfd is signalled; {@code EBUSY} if there is one already. */
  void setUnmask(EventFd eventFd) {
    if (unmask != null && unmask.isActive()) {
      throw Errno.EBUSY.because("line %d has an eventfd that unmasks it already", irq.number());
    }
    unmask = new Virqfd(eventFd, this::unmask);
  }

  void removeUnmask() {
    if (unmask != null) {
      unmask.close();
      unmask = null;
    }
  }

  /** Stops acting on eventfds and tells what a successor needs; the line stays as it is. */
  StateRecord save() {
    Map<String, Object> values = new HashMap<>();
    values.put(MASKED, masked);
    if (requestFailure != null) {
      values.put("requestFailed", requestFailure.errno().number() + 0L);
    }
    if (trigger != null) {
      values.put(TRIGGER, trigger);
    }
    if (mask != null) {
      values.put(MASK_FD, mask.eventFd());
      mask.close();
    }
    if (unmask != null) {
      values.put(UNMASK_FD, unmask.eventFd());
      unmask.close();
    }
    return new StateRecord("platform-irq", 1, values);
  }

  /** Goes on after a {@link #save} that led nowhere. */
  void resume() {
    if (mask != null && !mask.isActive()) {
      mask = new Virqfd(mask.eventFd(), this::mask);
    }
    if (unmask != null && !unmask.isActive()) {
      unmask = new Virqfd(unmask.eventFd(), this::unmask);
    }
  }

  /** Takes the line over as it is, enabled state and pending interrupt included. */
  void restore(StateRecord state) {
    state.expect("platform-irq", 1);
    Object failed = state.values().get("requestFailed");
    if (failed instanceof Long number) {
      requestFailure =
          Errno.of(number.intValue()).because("line %d was not to be had", irq.number());
      return;
    }
    masked = state.get(MASKED, Boolean.class);
    trigger = (EventFd) state.values().get(TRIGGER);
    irq.source().handOver(this::interrupt);
    if (state.values().get(MASK_FD) instanceof EventFd eventFd) {
      mask = new Virqfd(eventFd, this::mask);
    }
    if (state.values().get(UNMASK_FD) instanceof EventFd eventFd) {
      unmask = new Virqfd(eventFd, this::unmask);
    }
  }
}

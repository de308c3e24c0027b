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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

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
  private static final String REQUESTED = "requested";
  private static final String FAILED = "requestFailed";
  private static final String KIND = "platform-irq";

  private final Irq irq;
  private final String owner;

  /**
   * Guarded by its own monitor, a leaf lock that interrupt handlers take. A successor shares the
   * object: what the predecessor masks after its save is masked for both.
   */
  private AtomicBoolean masked = new AtomicBoolean();

  private boolean requested;
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
      requested = true;
    } catch (VfioException e) {
      requestFailure = e;
    }
  }

  /** The last close. */
  void free() {
    removeMask();
    removeUnmask();
    if (requested) {
      irq.source().free();
    }
    requested = false;
    trigger = null;
    requestFailure = null;
    masked.set(false);
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
      synchronized (masked) {
        if (masked.get()) {
          return Handled.NONE;
        }
        irq.source().disable();
        masked.set(true);
      }
    }
    EventFd now = trigger;
    if (now != null) {
      now.signal();
    }
    return Handled.YES;
  }

  void mask() {
    synchronized (masked) {
      if (!masked.getAndSet(true)) {
        irq.source().disable();
      }
    }
  }

  void unmask() {
    synchronized (masked) {
      if (!masked.getAndSet(false)) {
        return;
      }
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

  /** Acts on no eventfd any more, for who takes over; interrupts go on. */
  void stopListening() {
    if (mask != null) {
      mask.handOver();
    }
    if (unmask != null) {
      unmask.handOver();
    }
  }

  /** Tells what a successor needs, after {@link #stopListening}; the line stays as it is. */
  StateRecord save() {
    Map<String, Object> values = new HashMap<>();
    values.put(REQUESTED, requested);
    values.put(MASKED, masked);
    if (requestFailure != null) {
      values.put(FAILED, (long) requestFailure.errno().number());
    }
    if (trigger != null) {
      values.put(TRIGGER, trigger);
    }
    if (mask != null) {
      values.put(MASK_FD, mask.eventFd());
    }
    if (unmask != null) {
      values.put(UNMASK_FD, unmask.eventFd());
    }
    return new StateRecord(KIND, 1, values);
  }

  /** Goes on after a {@link #save} that led nowhere. */
  void resume() {
    takeOver(mask == null ? null : mask.eventFd(), unmask == null ? null : unmask.eventFd());
  }

  private void takeOver(EventFd maskFd, EventFd unmaskFd) {
    if (requested) {
      irq.source().handOver(this::interrupt);
    }
    if (maskFd != null) {
      mask = new Virqfd(maskFd, this::mask);
    }
    if (unmaskFd != null) {
      unmask = new Virqfd(unmaskFd, this::unmask);
    }
  }

  /** What a predecessor saved; nothing is taken over yet. */
  record Saved(
      boolean requested,
      AtomicBoolean masked,
      Optional<Errno> failed,
      EventFd trigger,
      EventFd maskFd,
      EventFd unmaskFd) {
    /** {@code EINVAL} if the record is not of a line. */
    static Saved of(StateRecord record) {
      StateRecord state = record.expect(KIND, 1);
      return new Saved(
          state.get(REQUESTED, Boolean.class),
          state.get(MASKED, AtomicBoolean.class),
          state.optional(FAILED, Long.class).map(Saved::errno),
          state.optional(TRIGGER, EventFd.class).orElse(null),
          state.optional(MASK_FD, EventFd.class).orElse(null),
          state.optional(UNMASK_FD, EventFd.class).orElse(null));
    }

    private static Errno errno(long number) {
      for (Errno errno : Errno.values()) {
        if (errno.number() == number) {
          return errno;
        }
      }
      throw Errno.EINVAL.because("the state has a line that failed with %d", number);
    }
  }

  /** Takes the line over as it is, enabled state and pending interrupt included. */
  void restore(Saved saved) {
    requested = saved.requested();
    masked = saved.masked();
    trigger = saved.trigger();
    requestFailure =
        saved
            .failed()
            .map(errno -> errno.because("line %d was not to be had", irq.number()))
            .orElse(null);
    takeOver(saved.maskFd(), saved.unmaskFd());
  }
}

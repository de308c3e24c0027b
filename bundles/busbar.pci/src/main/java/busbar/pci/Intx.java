package busbar.pci;

import static busbar.pci.PciRegs.PCI_COMMAND_INTX_DISABLE;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.Virqfd;
import busbar.api.irq.InterruptSource;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Sharing;
import busbar.api.irq.InterruptSource.Start;
import busbar.api.state.StateRecord;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The INTx pin of an open device. An interrupt is masked as it is taken, by the disable bit of
 * COMMAND or, where the function has none that works, by disabling the line; the user unmasks it.
 *
 * <p>Changes of the wiring come inside the interrupt gate. Masks are kept under the command lock,
 * and are noted before hardware unmasks: a level that is high calls the handler from within.
 * Eventfds are signalled with no lock held by this class.
 */
final class Intx {
  /** How the interrupt is masked. */
  enum Masking {
    COMMAND,
    LINE
  }

  private final PciCoreDevice core;
  private final CommandRegister command;
  private final Masking masking;
  private InterruptSource source;
  private Virqfd unmaskFd;
  private volatile boolean enabled;
  private volatile EventFd trigger;

  /**
   * Changed under the command lock. A successor shares the object: an interrupt that the
   * predecessor takes after its save is masked for both.
   */
  private AtomicBoolean masked = new AtomicBoolean();

  /** The user's disable bit; written under the command lock. */
  private volatile boolean disabled;

  Intx(PciCoreDevice core, Masking masking) {
    this.core = core;
    this.command = core.command;
    this.masking = masking;
  }

  /**
   * Requests the line.
   *
   * @throws busbar.api.VfioException {@code ENODEV} without a line, {@code EBUSY} if it is taken
   *     and cannot be shared
   */
  void enable(EventFd eventFd) {
    source =
        core.device
            .intx()
            .orElseThrow(
                () -> Errno.ENODEV.because("no line is routed to INTx of %s", core.name()));
    boolean startMasked;
    synchronized (command) {
      startMasked = disabled;
      masked.set(startMasked);
      if (masking == Masking.COMMAND) {
        hardwareMask(startMasked);
      }
    }
    trigger = eventFd;
    enabled = true;
    try {
      source.request(
          "vfio-intx(" + core.name() + ")",
          masking == Masking.COMMAND ? Sharing.SHARED : Sharing.EXCLUSIVE,
          masking == Masking.LINE && startMasked ? Start.DISABLED : Start.ENABLED,
          this::interrupt);
    } catch (RuntimeException e) {
      enabled = false;
      trigger = null;
      throw e;
    }
  }

  /** Frees the line. */
  void disable() {
    setUnmaskFd(null, -1);
    source.free();
    enabled = false;
    trigger = null;
  }

  void setTrigger(EventFd eventFd) {
    trigger = eventFd;
  }

  private Handled interrupt() {
    synchronized (command) {
      if (masking == Masking.LINE) {
        source.disable();
      } else if (masked.get() || !command.checkAndMaskIntx()) {
        return Handled.NONE;
      }
      masked.set(true);
    }
    send();
    return Handled.YES;
  }

  /** Signals the user's eventfd unless the user disabled INTx. */
  void send() {
    EventFd to = trigger;
    if (enabled && !disabled && to != null) {
      to.signal();
    }
  }

  /** Masks; returns whether that changed anything. */
  boolean mask() {
    synchronized (command) {
      if (!enabled) {
        if (masking == Masking.COMMAND) {
          hardwareMask(true);
        }
        return false;
      }
      if (masked.get()) {
        return false;
      }
      if (masking == Masking.COMMAND) {
        hardwareMask(true);
      } else {
        source.disable();
      }
      masked.set(true);
      return true;
    }
  }

  /**
   * Unmasks.
   *
   * @return whether the interrupt is asserted still: then it stays masked and is to be sent again
   */
  boolean unmask() {
    synchronized (command) {
      if (!enabled) {
        if (masking == Masking.COMMAND) {
          hardwareMask(false);
        }
        return false;
      }
      if (!masked.get() || disabled) {
        return false;
      }
      if (masking == Masking.COMMAND && command.intxPending()) {
        return true;
      }
      masked.set(false);
      if (masking == Masking.COMMAND) {
        hardwareMask(false);
      } else {
        source.enable();
      }
      return false;
    }
  }

  private void hardwareMask(boolean on) {
    if (on) {
      command.set(PCI_COMMAND_INTX_DISABLE);
    } else {
      command.clear(PCI_COMMAND_INTX_DISABLE);
    }
  }

  /** The user's disable bit; returns whether the interrupt is to be sent again. */
  boolean setDisabled(boolean on) {
    if (on == disabled) {
      return false;
    }
    disabled = on;
    if (on) {
      mask();
      return false;
    }
    return unmask();
  }

  /**
   * Sets or removes the eventfd that unmasks.
   *
   * @param fd negative to remove it
   * @throws busbar.api.VfioException {@code EBADF}, {@code EINVAL} for a wrong descriptor, {@code
   *     EBUSY} if there is one already
   */
  void setUnmaskFd(Caller caller, int fd) {
    if (fd < 0) {
      if (unmaskFd != null) {
        unmaskFd.close();
        unmaskFd = null;
      }
      return;
    }
    EventFd eventFd = caller.eventFd(fd);
    if (unmaskFd != null && unmaskFd.isActive()) {
      throw Errno.EBUSY.because("INTx of %s has an eventfd that unmasks it already", core.name());
    }
    unmaskFd = new Virqfd(eventFd, this::unmaskBySignal);
  }

  /**
   * An interrupt that is asserted still is sent from another thread: the eventfd that it goes to
   * may be what unmasks it again.
   */
  private void unmaskBySignal() {
    if (unmask()) {
      Thread.startVirtualThread(this::send);
    }
  }

  /** Stops unmasking by signal; interrupts go on. */
  void stopListening() {
    if (unmaskFd != null) {
      unmaskFd.handOver();
    }
  }

  StateRecord save() {
    Map<String, Object> values = new HashMap<>();
    values.put("masked", masked);
    values.put("disabled", disabled);
    if (trigger != null) {
      values.put("trigger", trigger);
    }
    if (unmasking() != null) {
      values.put("unmaskFd", unmasking());
    }
    return new StateRecord("vfio-pci intx", 1, values);
  }

  /** What unmasks by signal, listening or not, {@code null} if nothing does. */
  private EventFd unmasking() {
    return unmaskFd == null || unmaskFd.eventFd().isClosed() ? null : unmaskFd.eventFd();
  }

  /** What a predecessor saved; nothing is taken over yet. */
  record Saved(AtomicBoolean masked, boolean disabled, EventFd trigger, EventFd unmaskFd) {
    static Saved of(StateRecord state) {
      return new Saved(
          state.get("masked", AtomicBoolean.class),
          state.get("disabled", Boolean.class),
          state.optional("trigger", EventFd.class).orElse(null),
          state.optional("unmaskFd", EventFd.class).orElse(null));
    }
  }

  /**
   * Takes the line over in place; an interrupt that comes meanwhile goes to one of the two
   * handlers.
   *
   * @param line the pin, {@code null} if INTx is not in force
   */
  void restore(Saved saved, InterruptSource line) {
    synchronized (command) {
      masked = saved.masked();
      disabled = saved.disabled();
      trigger = saved.trigger();
      enabled = line != null;
      source = line;
    }
    if (line != null) {
      takeDelivery(saved.unmaskFd());
    }
  }

  /** Takes the line back from who took it over. */
  void resume() {
    takeDelivery(unmasking());
  }

  private void takeDelivery(EventFd unmask) {
    source.handOver(this::interrupt);
    if (unmask != null) {
      unmaskFd = new Virqfd(unmask, this::unmaskBySignal);
    }
  }
}

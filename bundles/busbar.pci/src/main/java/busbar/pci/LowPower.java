package busbar.pci;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_SET;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.FeatureCheck;
import busbar.api.device.FeatureCheck.Verdict;
import busbar.pci.MemoryGate.Mappings;
import busbar.uapi.VfioDeviceLowPowerEntryWithWakeup;
import java.lang.foreign.MemorySegment;

/**
 * Sleep that the user asks for. The device sleeps while no call is under way; a call wakes it for
 * its time, or for good if the user gave an eventfd to be told of the waking. Mappings fault until
 * the user leaves low power.
 *
 * <p>An operation costs one volatile read as long as the user never asked. The low power lock
 * orders waking and sleeping.
 */
final class LowPower {
  private final PciCoreDevice core;
  private final Object lowPowerLock = new Object();
  private volatile boolean engaged;
  private boolean asleep;
  private int operations;
  private EventFd wakeup;
  private boolean intxMasked;

  LowPower(PciCoreDevice core) {
    this.core = core;
  }

  /** Whether the user asked for sleep and did not take it back. */
  boolean isEngaged() {
    return engaged;
  }

  /** Begins an operation; {@link #end} takes what this returns. */
  boolean begin() {
    if (!engaged) {
      return false;
    }
    synchronized (lowPowerLock) {
      operations++;
      wake();
      return true;
    }
  }

  /** Ends an operation, and the device may sleep. */
  void end(boolean begun) {
    if (begun || engaged) {
      synchronized (lowPowerLock) {
        operations -= begun ? 1 : 0;
        if (engaged && operations == 0) {
          sleep();
        }
      }
    }
  }

  /** The device asks to be woken. */
  void wakeRequested() {
    Thread.startVirtualThread(() -> end(begin()));
  }

  /** {@code LOW_POWER_ENTRY}: from the end of this call on. */
  void enter(int flags, long payloadSize) {
    if (FeatureCheck.check(flags, payloadSize, VFIO_DEVICE_FEATURE_SET, 0) == Verdict.GO_ON) {
      engage(null);
    }
  }

  /** {@code LOW_POWER_ENTRY_WITH_WAKEUP}. */
  void enterWithWakeup(Caller caller, int flags, MemorySegment data, long payloadSize) {
    long size = VfioDeviceLowPowerEntryWithWakeup.SIZE;
    if (FeatureCheck.check(flags, payloadSize, VFIO_DEVICE_FEATURE_SET, size) == Verdict.PROBED) {
      return;
    }
    int fd = VfioDeviceLowPowerEntryWithWakeup.decode(Args.struct(data, size)).wakeupEventfd();
    if (fd < 0) {
      throw Errno.EINVAL.because("descriptor %d cannot tell of the waking of %s", fd, core.name());
    }
    engage(caller.eventFd(fd));
  }

  private void engage(EventFd eventFd) {
    synchronized (lowPowerLock) {
      if (engaged) {
        throw Errno.EINVAL.because("%s is in low power already", core.name());
      }
      core.memory.exclusively(Mappings.ZAP, () -> core.memory.setLowPower(true));
      wakeup = eventFd;
      engaged = true;
    }
  }

  /** {@code LOW_POWER_EXIT}; also where there is nothing to leave. */
  void exit(int flags, long payloadSize) {
    if (FeatureCheck.check(flags, payloadSize, VFIO_DEVICE_FEATURE_SET, 0) == Verdict.GO_ON) {
      leave();
    }
  }

  /** Leaves low power, awake. */
  void leave() {
    synchronized (lowPowerLock) {
      wake();
      disengage();
    }
  }

  private void disengage() {
    if (engaged) {
      engaged = false;
      wakeup = null;
      core.memory.exclusively(Mappings.KEEP, () -> core.memory.setLowPower(false));
    }
  }

  private void sleep() {
    if (asleep) {
      return;
    }
    core.memory.exclusively(Mappings.KEEP, () -> core.power.setState(FunctionPower.D0));
    intxMasked = core.opened().irqs.maskForSleep();
    core.memory.exclusively(
        Mappings.KEEP,
        () -> {
          core.power.suspend();
          core.updateDecoding();
        });
    asleep = true;
  }

  private void wake() {
    if (!asleep) {
      return;
    }
    core.memory.exclusively(
        Mappings.KEEP,
        () -> {
          core.power.resume();
          core.updateDecoding();
        });
    asleep = false;
    EventFd tell = wakeup;
    if (tell != null) {
      disengage();
      tell.signal();
    }
    if (intxMasked) {
      core.opened().irqs.unmaskAfterSleep();
      intxMasked = false;
    }
  }

  /** Engaged with or without an eventfd, asleep: everything else follows. */
  record Saved(boolean engaged, boolean asleep, boolean intxMasked, EventFd wakeup) {}

  Saved save() {
    synchronized (lowPowerLock) {
      return new Saved(engaged, asleep, intxMasked, wakeup);
    }
  }

  void restore(Saved saved) {
    synchronized (lowPowerLock) {
      engaged = saved.engaged();
      asleep = saved.asleep();
      intxMasked = saved.intxMasked();
      wakeup = saved.wakeup();
      core.memory.exclusively(Mappings.KEEP, () -> core.memory.setLowPower(saved.engaged()));
    }
  }
}

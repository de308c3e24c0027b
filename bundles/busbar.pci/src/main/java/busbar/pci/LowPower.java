package busbar.pci;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_SET;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.device.FeatureCheck;
import busbar.api.device.FeatureCheck.Verdict;
import busbar.api.device.Virqfd;
import busbar.api.state.StateRecord;
import busbar.pci.MemoryGate.Mappings;
import busbar.uapi.VfioDeviceLowPowerEntryWithWakeup;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

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

  /** Somebody else acts now: a swap goes on, or is over. */
  private boolean stopped;

  /** See {@link Crossing}; changed by a swap alone. */
  private AtomicReference<StateRecord> state = new AtomicReference<>();

  private volatile EventFd wakeRequests = new EventFd();
  private Virqfd wakeListener;

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
    Thread.startVirtualThread(this::wakeOnce);
  }

  private void wakeOnce() {
    synchronized (lowPowerLock) {
      if (stopped) {
        wakeRequests.signal();
      } else if (engaged) {
        wake();
        if (engaged && operations == 0) {
          sleep();
        }
      }
    }
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

  /** Lets no wish to be woken in any more: they wait for who takes over. */
  void stopListening() {
    Virqfd listening = wakeListener;
    wakeListener = null;
    if (listening != null) {
      listening.handOver();
    }
    synchronized (lowPowerLock) {
      stopped = true;
    }
  }

  /** The whole state of sleep and power, after {@link #stopListening}. */
  Crossing save() {
    synchronized (lowPowerLock) {
      state.set(new Saved(engaged, asleep, intxMasked, wakeup, core.power.save()).toRecord());
      return new Crossing(state, wakeRequests);
    }
  }

  /** Goes on where a predecessor was. */
  void restore(Crossing crossing, Saved saved) {
    state = crossing.state();
    wakeRequests = crossing.wakeRequests();
    take(saved);
  }

  /** Goes on where the one who took over for a while was, or where {@link #save} was. */
  void resume() {
    StateRecord last = state.get();
    if (last == null) {
      listen();
    } else {
      take(Saved.of(last, core.device.configSize()));
    }
  }

  private void take(Saved saved) {
    synchronized (lowPowerLock) {
      engaged = saved.engaged();
      asleep = saved.asleep();
      intxMasked = saved.intxMasked();
      wakeup = saved.wakeup();
      core.power.restore(saved.power());
      core.memory.exclusively(Mappings.KEEP, () -> core.memory.setLowPower(saved.engaged()));
    }
    listen();
  }

  private void listen() {
    synchronized (lowPowerLock) {
      stopped = false;
    }
    wakeListener = new Virqfd(wakeRequests, this::wakeRequested);
  }

  /**
   * What crosses a swap.
   *
   * @param state the last saved state, one cell for all who have the function in turn: who takes it
   *     back learns what happened meanwhile
   * @param wakeRequests counts wishes to be woken that came while nobody could act on them
   */
  record Crossing(AtomicReference<StateRecord> state, EventFd wakeRequests) {}

  /** Engaged with or without an eventfd, asleep: everything else follows. */
  record Saved(
      boolean engaged,
      boolean asleep,
      boolean intxMasked,
      EventFd wakeup,
      FunctionPower.Saved power) {
    private static final String KIND = "vfio-pci power";

    StateRecord toRecord() {
      Map<String, Object> values = new HashMap<>();
      values.put("engaged", engaged);
      values.put("asleep", asleep);
      values.put("intxMasked", intxMasked);
      put(values, "wakeup", wakeup);
      put(values, "atFall", power.atFall());
      put(values, "atSuspend", power.atSuspend());
      return new StateRecord(KIND, 1, values);
    }

    private static void put(Map<String, Object> values, String name, Object value) {
      if (value != null) {
        values.put(name, value);
      }
    }

    /** {@code EINVAL} if the record is not of a function with that much configuration. */
    static Saved of(StateRecord record, int configSize) {
      StateRecord known = record.expect(KIND, 1);
      return new Saved(
          known.get("engaged", Boolean.class),
          known.get("asleep", Boolean.class),
          known.get("intxMasked", Boolean.class),
          known.optional("wakeup", EventFd.class).orElse(null),
          new FunctionPower.Saved(
              config(known, "atFall", configSize), config(known, "atSuspend", configSize)));
    }

    private static byte[] config(StateRecord record, String name, int size) {
      byte[] config = record.optional(name, byte[].class).orElse(null);
      if (config != null && config.length != size) {
        throw Errno.EINVAL.because(
            "%s of the state has %d bytes, not %d", name, config.length, size);
      }
      return config;
    }
  }
}

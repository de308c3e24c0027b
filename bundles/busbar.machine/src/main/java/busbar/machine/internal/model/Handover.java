package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.swap.SwapRecording;
import busbar.machine.model.DeviceModel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.LockSupport;

/**
 * One attempt to take a device from its model: closes the gate, has the old one save, has the new
 * one restore, opens the gate; or everything is as it was. All of that on one thread, which may
 * hang in a call of a model; whoever waits for it may {@link #abandon} the attempt.
 */
final class Handover {
  private static final Logger LOG = System.getLogger(Handover.class.getName());

  /** So long others wait for an access that does not end; it may wait for one of theirs. */
  private static final long DRAIN_NANOS = 20_000_000;

  private static final long BREATH_NANOS = 1_000_000;

  private enum Fate {
    UNDECIDED,
    DONE,
    ABANDONED
  }

  private final ModelSlot slot;
  private final DeviceModel old;
  private final Leash oldLeash;
  private final SwapRecording recording;
  private final long deadlineNanos;
  private final long budgetNanos;
  private final long begun = System.nanoTime();

  /** Guarded by this object's monitor, as is closing the gate. */
  private Fate fate = Fate.UNDECIDED;

  private StateRecord parked;

  /** Whether the old model has been told to save and not to go on since. */
  private boolean saved;

  /** Whether the attempt's own thread is in a call of the old model. */
  private boolean callsOld;

  /** Whether it was when the attempt was abandoned. */
  private boolean hangsInOld;

  /**
   * An attempt.
   *
   * @param old who has the place now; {@code null} if nobody, with the gate closed
   * @param deadlineNanos how long it may take; a part of it is for finding the old one at a
   *     standstill, since a model that is busy is another finding than one that hangs
   */
  Handover(
      ModelSlot slot,
      DeviceModel old,
      Leash oldLeash,
      SwapRecording recording,
      long deadlineNanos) {
    this.slot = slot;
    this.old = old;
    this.oldLeash = oldLeash;
    this.recording = recording;
    this.deadlineNanos = deadlineNanos;
    this.budgetNanos = deadlineNanos / 4 * 3;
  }

  /** A new model, not in place yet. */
  record Fresh(DeviceModel model, Leash leash) {}

  /**
   * From the old one to a new one.
   *
   * @param stillWanted throws if the new one is not to take over after all
   */
  void exchange(Fresh fresh, Runnable stillWanted) {
    try {
      fresh.model().restore(standStill());
      recording.phase("restore");
      slot.checkMemory(fresh.model());
      stillWanted.run();
      decide(() -> slot.put(fresh.model()));
    } catch (Throwable e) {
      callOff();
      throw e;
    }
    begin(fresh);
  }

  /** What the old one has; it goes on. */
  StateRecord look() {
    try {
      return standStill();
    } finally {
      callOff();
    }
  }

  /**
   * From the old one to a new one with a state of its own.
   *
   * @param taken runs when the new one has the place and nothing of it came out yet
   */
  void replace(Fresh fresh, StateRecord state, Runnable taken) {
    try {
      standStill();
      fresh.model().restore(state);
      slot.checkMemory(fresh.model());
      decide(() -> slot.put(fresh.model()));
    } catch (Throwable e) {
      callOff();
      throw e;
    }
    taken.run();
    begin(fresh);
  }

  /** From the old one to nobody: accesses wait from now on, for {@link #fill}. */
  void park() {
    try {
      StateRecord state = standStill();
      decide(
          () -> {
            slot.vacate();
            parked = state;
          });
    } catch (Throwable e) {
      callOff();
      throw e;
    }
  }

  /** What {@link #park} has saved. */
  synchronized StateRecord parked() {
    return parked;
  }

  /**
   * From nobody to a new one; accesses wait on if it fails.
   *
   * @param state {@code null} if the new one starts as after power-on
   */
  void fill(Fresh fresh, StateRecord state, Runnable stillWanted) {
    if (state != null) {
      fresh.model().restore(state);
      recording.phase("restore");
    }
    slot.checkMemory(fresh.model());
    stillWanted.run();
    decide(() -> slot.put(fresh.model()));
    begin(fresh);
  }

  /** What a handler does wrong is not the model's fault. */
  static void goLive(Leash leash) {
    try {
      leash.goLive();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "an interrupt handler failed while a model took over", e);
    }
  }

  private void begin(Fresh fresh) {
    goLive(fresh.leash());
    open();
    recording.phase("switch");
  }

  private StateRecord standStill() {
    long end = System.nanoTime() + budgetNanos;
    while (true) {
      hold();
      VfioException busy = null;
      if (slot.awaitQuiet(Math.min(DRAIN_NANOS, budgetNanos))) {
        recording.phase("drain");
        try {
          StateRecord state = save();
          recording.phase("save");
          return state;
        } catch (VfioException e) {
          if (e.errno() != Errno.EAGAIN) {
            throw e;
          }
          busy = e;
        }
      }
      callOff();
      if (System.nanoTime() - end > 0) {
        throw busy != null
            ? Errno.EBUSY.because("its work does not end: %s", busy.because())
            : Errno.EBUSY.because("accesses under way do not end");
      }
      // What is under way may need an access to end.
      LockSupport.parkNanos(BREATH_NANOS);
    }
  }

  private StateRecord save() {
    synchronized (this) {
      checkWanted();
      callsOld = true;
      saved = true;
    }
    try {
      return old.save();
    } finally {
      synchronized (this) {
        callsOld = false;
      }
    }
  }

  /** Never after {@link #abandon}: nobody would open the gate then. */
  private synchronized void hold() {
    checkWanted();
    recording.closed();
    slot.close();
  }

  private synchronized void checkWanted() {
    if (fate == Fate.ABANDONED) {
      throw Errno.ETIMEDOUT.because("the exchange was given up meanwhile");
    }
  }

  private synchronized void decide(Runnable change) {
    checkWanted();
    if (System.nanoTime() - begun > deadlineNanos) {
      // who hung until he was interrupted, and returned as if nothing had been, is late all the
      // same
      throw Errno.ETIMEDOUT.because("the exchange took too long");
    }
    fate = Fate.DONE;
    if (oldLeash != null) {
      oldLeash.cut();
    }
    change.run();
  }

  private void open() {
    slot.open();
    recording.opened();
  }

  /** The old one goes on; whoever abandoned the attempt sees to that himself. */
  private void callOff() {
    synchronized (this) {
      if (fate == Fate.ABANDONED) {
        return;
      }
      callsOld = true;
    }
    resumeOld();
    synchronized (this) {
      callsOld = false;
      if (fate == Fate.UNDECIDED) {
        saved = false;
        open();
      }
    }
  }

  /** After a save, if there was one. */
  void resumeOld() {
    synchronized (this) {
      if (!saved) {
        return;
      }
    }
    try {
      old.resume();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a device model does not resume after a save", e);
    }
  }

  /**
   * Gives the attempt up from outside, since it hangs.
   *
   * @return whether that came in time; {@link #goOn} is due then
   */
  synchronized boolean abandon() {
    if (fate == Fate.UNDECIDED) {
      fate = Fate.ABANDONED;
      hangsInOld = callsOld;
    }
    return fate == Fate.ABANDONED;
  }

  /** Whether an abandoned attempt hangs in the old model, which is to be left alone until then. */
  synchronized boolean hangsInOld() {
    return hangsInOld;
  }

  /** After {@link #abandon}, or if what hangs is no more than a handler of the new model's. */
  synchronized void goOn() {
    boolean hasModel = fate == Fate.DONE ? parked == null : old != null;
    if (hasModel) {
      open();
    }
  }
}

package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The place where a device's model sits, and where it is exchanged while the device is in use.
 *
 * <p>Every access passes a gate that costs two additions to counters that cores do not share. While
 * the model is exchanged new accesses wait. An access can cause another one to the same device (an
 * interrupt handler that reads a register): should that one wait for an exchange that waits for the
 * first, the exchange gives way and tries again.
 */
public final class ModelSlot {
  private static final long DRAIN_NANOS = 20_000_000;
  private static final int ATTEMPTS = 100;
  private static final Logger LOG = System.getLogger(ModelSlot.class.getName());

  private final LongAdder entered = new LongAdder();
  private final LongAdder left = new LongAdder();
  private final Object exchangeLock = new Object();
  private volatile boolean shut;

  /**
   * When the wait for a model that is to come ends, 0 if there is none; a clock never shows 0 here.
   */
  private volatile long heldUntil;

  private volatile DeviceModel model;

  public ModelSlot(DeviceModel first) {
    model = first;
  }

  /** The model now; for what needs no gate. */
  public DeviceModel model() {
    return model;
  }

  /** Begins an access; {@link #exit} follows. */
  public DeviceModel enter() {
    while (true) {
      entered.increment();
      if (!shut && heldUntil == 0) {
        return model;
      }
      left.increment();
      while (shut || isHeld()) {
        LockSupport.parkNanos(50_000);
      }
    }
  }

  private boolean isHeld() {
    long until = heldUntil;
    if (until != 0 && System.nanoTime() - until > 0) {
      heldUntil = 0; // nobody came
      return false;
    }
    return until != 0;
  }

  /** Ends it. */
  public void exit() {
    left.increment();
  }

  /** Whether an exchange hands the old model's state to the new one. */
  public enum Carry {
    STATE,
    NOTHING
  }

  /**
   * Puts another model in.
   *
   * @param successor makes the new one; called when the old one stands still
   * @param carry if nothing, the new one starts as after power-on
   * @return whether the exchange took place; if not, the old model goes on
   */
  public boolean exchange(Supplier<DeviceModel> successor, Carry carry) {
    return exchange(successor, carry, 0);
  }

  /**
   * As {@link #exchange(Supplier, Carry)}; new accesses then wait for another exchange.
   *
   * @param holdNanos at most this long, 0 for not at all
   */
  boolean exchange(Supplier<DeviceModel> successor, Carry carry, long holdNanos) {
    synchronized (exchangeLock) {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        DeviceModel old = model;
        Outcome outcome = Outcome.BUSY;
        shut = true;
        try {
          if (isDrained()) {
            outcome = swap(successor, carry);
          }
          if (outcome == Outcome.DONE) {
            heldUntil = holdNanos == 0 ? 0 : System.nanoTime() + holdNanos | 1;
          }
        } finally {
          shut = false;
        }
        if (outcome != Outcome.BUSY) {
          if (outcome == Outcome.DONE) {
            // With the gate open: what the old one has under way may need an access to end.
            old.close();
          }
          return outcome == Outcome.DONE;
        }
        LockSupport.parkNanos(1_000_000);
      }
      LOG.log(Level.WARNING, "a device model is never idle and was not exchanged");
      return false;
    }
  }

  private enum Outcome {
    DONE,
    FAILED,
    BUSY
  }

  private Outcome swap(Supplier<DeviceModel> successor, Carry carry) {
    DeviceModel old = model;
    DeviceModel fresh = null;
    try {
      StateRecord state = carry == Carry.STATE ? old.save() : null;
      fresh = successor.get();
      if (state != null) {
        fresh.restore(state);
      }
    } catch (RuntimeException e) {
      if (fresh != null) {
        fresh.close();
      }
      if (carry == Carry.STATE) {
        old.resume();
      }
      if (fresh == null && e instanceof VfioException failure && failure.errno() == Errno.EAGAIN) {
        return Outcome.BUSY;
      }
      LOG.log(Level.WARNING, "the new device model failed, the old one goes on", e);
      return Outcome.FAILED;
    }
    model = fresh;
    return Outcome.DONE;
  }

  private boolean isDrained() {
    long end = System.nanoTime() + DRAIN_NANOS;
    while (true) {
      long out = left.sum();
      // Read after the exits: whoever is counted out was counted in before.
      if (entered.sum() == out) {
        return true;
      }
      if (System.nanoTime() - end > 0) {
        return false;
      }
      Thread.onSpinWait();
    }
  }
}

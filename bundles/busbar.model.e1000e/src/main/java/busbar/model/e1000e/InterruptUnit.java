package busbar.model.e1000e;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Causes, masks and moderation of interrupts (82574 datasheet, sections 7.4 and 10.2.4).
 *
 * <p>The model's register lock guards it. What is to be sent is collected in {@link #takeMessages}
 * and sent by the model after it has let go of the lock.
 */
final class InterruptUnit {
  /** How the function interrupts now. */
  enum Mode {
    LINE,
    MSI,
    MSIX
  }

  static final int VECTORS = 5;
  private static final long THROTTLE_NANOS = 256;
  private static final long DELAY_NANOS = 1024;

  private final MacRegisters mac;
  private final InterruptLine line;
  private final DeviceTimer throttle;
  private final DeviceTimer[] vectorThrottles = new DeviceTimer[VECTORS];
  private final DeviceTimer txDelay;
  private final DeviceTimer txAbsolute;
  private final DeviceTimer rxDelay;
  private final DeviceTimer rxAbsolute;

  private int delayedCauses;
  private int announcedCauses;
  private boolean postponed;
  private int postponedVectors;
  private int messages;

  /** Makes the timer that calls a task with the register lock held and sends what comes of it. */
  @FunctionalInterface
  interface Timers {
    DeviceTimer create(Task task);
  }

  /** Runs under the register lock. */
  @FunctionalInterface
  interface Task {
    void run(Mode mode);
  }

  InterruptUnit(MacRegisters mac, InterruptLine line, Timers timers) {
    this.mac = mac;
    this.line = line;
    throttle = timers.create(this::throttleEnded);
    for (int vector = 0; vector < VECTORS; vector++) {
      int own = vector;
      vectorThrottles[vector] = timers.create(mode -> throttleEnded(own));
    }
    txDelay = timers.create(mode -> raise(0, mode));
    txAbsolute = timers.create(mode -> raise(0, mode));
    rxDelay = timers.create(mode -> raise(0, mode));
    rxAbsolute = timers.create(mode -> raise(0, mode));
  }

  /** Vectors to send, one bit each; taken once. */
  int takeMessages() {
    int taken = messages;
    messages = 0;
    return taken;
  }

  /** Sets causes, together with those that were held back. */
  void raise(int causes, Mode mode) {
    mac.setBits(Reg.ICR, causes | delayedCauses);
    delayedCauses = 0;
    delayTimers().forEach(DeviceTimer::cancel);
    update(mode);
  }

  /** Sets causes of a packet that was sent, now or when its delay is over. */
  void raiseTransmitted(int causes, boolean mayWait, Mode mode) {
    if (mayWait && mode != Mode.MSIX && (causes & ~Cause.TX_DELAYABLE) == 0) {
      delayedCauses |= causes;
      txDelay.start(mac.get(Reg.TIDV) * DELAY_NANOS);
      startUnlessRunning(txAbsolute, Reg.TADV);
    } else {
      raise(causes, mode);
    }
  }

  /** Sets causes of a packet that was received, now or when its delay is over. */
  void raiseReceived(int causes, Mode mode) {
    boolean delayable = (causes & ~Cause.RX_DELAYABLE) == 0 && mac.get(Reg.RDTR) != 0;
    if (mode != Mode.MSIX && delayable) {
      delayedCauses |= causes;
      rxDelay.start(mac.get(Reg.RDTR) * DELAY_NANOS);
      startUnlessRunning(rxAbsolute, Reg.RADV);
    } else {
      raise(causes, mode);
    }
  }

  private void startUnlessRunning(DeviceTimer timer, int register) {
    if (mac.get(register) != 0 && timer.remainingNanos() == DeviceTimer.IDLE) {
      timer.start(mac.get(register) * DELAY_NANOS);
    }
  }

  /** The flush bit of a delay register: what that delay holds back is due now. */
  void flush(int register, Mode mode) {
    DeviceTimer timer = register == Reg.RDTR ? rxDelay : txDelay;
    if (timer.remainingNanos() != DeviceTimer.IDLE) {
      raise(0, mode);
    }
  }

  /** Reads the causes, which clears them unless the vectors alone do that. */
  int readCauses(Mode mode) {
    int causes = mac.get(Reg.ICR);
    boolean asserted = (causes & Cause.ASSERTED) != 0;
    boolean autoMask = asserted && (mac.get(Reg.CTRL_EXT) & Reg.CTRL_EXT_IAME) != 0;
    boolean unmasked = asserted && (causes & mac.get(Reg.IMS)) != 0;
    if (mac.get(Reg.IMS) == 0 || mode != Mode.MSIX || autoMask || unmasked) {
      mac.set(Reg.ICR, 0);
    }
    if (autoMask) {
      mac.clearBits(Reg.IMS, mac.get(Reg.IAM));
    }
    update(mode);
    return causes;
  }

  /**
   * Clears causes by writing them; writing {@link Cause#OTHER} clears what stands behind it too.
   */
  void clearCauses(int written, Mode mode) {
    boolean asserted = (mac.get(Reg.ICR) & Cause.ASSERTED) != 0;
    if (asserted && (mac.get(Reg.CTRL_EXT) & Reg.CTRL_EXT_IAME) != 0) {
      mac.clearBits(Reg.IMS, mac.get(Reg.IAM));
    }
    mac.clearBits(Reg.ICR, written);
    if ((written & Cause.OTHER) != 0) {
      mac.clearBits(Reg.ICR, Cause.OTHER_CAUSES);
    }
    update(mode);
  }

  void unmask(int bits, Mode mode) {
    mac.setBits(Reg.IMS, bits & Cause.MASKABLE);
    boolean all = (bits & Cause.MASKABLE) == Cause.MASKABLE;
    if (all && (mac.get(Reg.CTRL_EXT) & Reg.CTRL_EXT_TIMERS_CLEAR) != 0) {
      endThrottles(mode);
      raise(0, mode);
    } else {
      update(mode);
    }
  }

  void mask(int bits, Mode mode) {
    mac.clearBits(Reg.IMS, bits);
    update(mode);
  }

  private void endThrottles(Mode mode) {
    if (throttle.remainingNanos() != DeviceTimer.IDLE) {
      throttle.cancel();
      throttleEnded(mode);
    }
    for (int vector = 0; vector < VECTORS; vector++) {
      if (vectorThrottles[vector].remainingNanos() != DeviceTimer.IDLE) {
        vectorThrottles[vector].cancel();
        throttleEnded(vector);
      }
    }
  }

  private void throttleEnded(Mode mode) {
    if (postponed) {
      postponed = false;
      announcedCauses = 0; // so that a message is sent for the causes that had to wait
      update(mode);
    }
  }

  private void throttleEnded(int vector) {
    if ((postponedVectors >>> vector & 1) != 0) {
      postponedVectors &= ~(1 << vector);
      sendVector(vector);
    }
  }

  /** Makes the causes' effect on line and messages what it must be now. */
  private void update(Mode mode) {
    if (mode == Mode.MSIX && (mac.get(Reg.ICR) & Cause.OTHER_CAUSES) != 0) {
      mac.setBits(Reg.ICR, Cause.OTHER);
    }
    mac.clearBits(Reg.ICR, Cause.ASSERTED);
    if (mac.get(Reg.ICR) != 0) {
      mac.setBits(Reg.ICR, Cause.ASSERTED);
    }
    mac.set(Reg.ICS, mac.get(Reg.ICR));
    int pending = mac.get(Reg.ICR) & mac.get(Reg.IMS) & ~Cause.ASSERTED;
    if (mode == Mode.LINE) {
      announcedCauses = 0;
      updateLine(pending);
      return;
    }
    line.want(Level.LOW); // a function whose messages are on does not drive its line
    announcedCauses &= pending;
    int fresh = pending & ~announcedCauses;
    announcedCauses |= fresh;
    if (fresh != 0 && mode == Mode.MSIX) {
      announce(fresh);
    } else if (fresh != 0 && !throttled()) {
      messages |= 1;
    }
  }

  private void updateLine(int pending) {
    if (pending == 0) {
      line.want(Level.LOW);
    } else if (line.wanted() == Level.LOW && !throttled()) {
      mac.count(Reg.IAC);
      line.want(Level.HIGH);
    }
  }

  private boolean throttled() {
    if (throttle.remainingNanos() != DeviceTimer.IDLE) {
      postponed = true;
      return true;
    }
    throttle.start((mac.get(Reg.ITR) & 0xffff) * THROTTLE_NANOS);
    return false;
  }

  private void announce(int causes) {
    for (int field = 0; field < Cause.VECTORED.length; field++) {
      int cause = Cause.VECTORED[field];
      if ((causes & cause) != 0) {
        announceOne(cause, mac.get(Reg.IVAR) >>> (4 * field) & 0xf);
      }
    }
  }

  private void announceOne(int cause, int allocation) {
    int vector = allocation & 7;
    if ((allocation & 8) != 0 && vector < VECTORS) {
      if (vectorThrottles[vector].remainingNanos() != DeviceTimer.IDLE) {
        postponedVectors |= 1 << vector;
      } else {
        sendVector(vector);
      }
    }
    if ((mac.get(Reg.CTRL_EXT) & Reg.CTRL_EXT_EIAME) != 0) {
      mac.clearBits(Reg.IAM, cause);
    }
    int autoClear = mac.get(Reg.EIAC) & cause;
    mac.clearBits(Reg.ICR, autoClear);
    announcedCauses &= ~autoClear;
    if ((mac.get(Reg.CTRL_EXT) & Reg.CTRL_EXT_IAME) == 0) {
      mac.clearBits(Reg.IMS, autoClear);
    }
  }

  private void sendVector(int vector) {
    messages |= 1 << vector;
    vectorThrottles[vector].start((mac.get(Reg.EITR + 4 * vector) & 0xffff) * THROTTLE_NANOS);
  }

  private List<DeviceTimer> delayTimers() {
    return List.of(txDelay, txAbsolute, rxDelay, rxAbsolute);
  }

  /** All timers, in the order of the state. */
  List<DeviceTimer> timers() {
    List<DeviceTimer> timers = new ArrayList<>(delayTimers());
    timers.add(throttle);
    timers.addAll(List.of(vectorThrottles));
    return timers;
  }

  /** Forgets everything; the causes themselves are in the registers. */
  void reset() {
    timers().forEach(DeviceTimer::cancel);
    delayedCauses = 0;
    announcedCauses = 0;
    postponed = false;
    postponedVectors = 0;
    messages = 0;
    line.want(Level.LOW);
  }

  /** Everything but the timers. */
  StateRecord save() {
    return new StateRecord(
        "e1000e-interrupts",
        1,
        Map.of(
            "delayedCauses", (long) delayedCauses,
            "announcedCauses", (long) announcedCauses,
            "postponed", postponed,
            "postponedVectors", (long) postponedVectors,
            "line", line.wanted() == Level.HIGH));
  }

  void restore(StateRecord state) {
    state.expect("e1000e-interrupts", 1);
    delayedCauses = (int) state.number("delayedCauses");
    announcedCauses = (int) state.number("announcedCauses");
    postponed = state.get("postponed", Boolean.class);
    postponedVectors = (int) state.number("postponedVectors");
    line.wantHighIf(state.get("line", Boolean.class));
  }
}

package busbar.model.pl031;

import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import busbar.machine.model.ModelContext.Level;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Arm PrimeCell real-time clock PL031 (DDI 0224): seconds in 32 bits, one alarm, one interrupt
 * line.
 *
 * <p>Any thread.
 */
final class Pl031Model implements DeviceModel {
  private static final String KIND = "pl031";
  static final int VERSION = 1;
  private static final AccessSizes SIZES = new AccessSizes(1, 8, 1, 4);

  private static final int DATA = 0x00;
  private static final int MATCH = 0x04;
  private static final int LOAD = 0x08;
  private static final int CONTROL = 0x0c;
  private static final int MASK = 0x10;
  private static final int RAW_STATUS = 0x14;
  private static final int MASKED_STATUS = 0x18;
  private static final int CLEAR = 0x1c;
  private static final int IDENTIFICATION = 0xfe0;
  private static final int[] IDENTIFICATION_BYTES = {
    0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1
  };
  private static final int REGISTERS_END = 0x1000;

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int ALARM = 1;

  private final ModelContext context;
  private final InterruptLine line;
  private final DeviceTimer alarm;

  /** Guards all fields below. */
  private final ReentrantLock registerLock = new ReentrantLock();

  /** The counter was this when the machine's clock was at {@link #countedFrom}. */
  private int count;

  private long countedFrom;
  private int match;
  private int load;
  private int mask;
  private int status;

  Pl031Model(ModelContext context) {
    this.context = context;
    line = new InterruptLine(context, 0);
    alarm = new DeviceTimer(context.timing(), this::ring);
    setCount((int) context.timing().epochSeconds());
  }

  private void setCount(int seconds) {
    count = seconds;
    countedFrom = context.timing().nanoTime();
  }

  private int now() {
    return count + (int) ((context.timing().nanoTime() - countedFrom) / SECOND);
  }

  @Override
  public long read(int region, long offset, int width) {
    return SIZES.read(offset, width, (at, size) -> readRegister((int) at));
  }

  private int readRegister(int offset) {
    if (offset >= IDENTIFICATION && offset < REGISTERS_END) {
      return IDENTIFICATION_BYTES[(offset - IDENTIFICATION) >> 2];
    }
    registerLock.lock();
    try {
      return switch (offset) {
        case DATA -> now();
        case MATCH -> match;
        case LOAD -> load;
        case CONTROL -> 1; // the clock always runs
        case MASK -> mask;
        case RAW_STATUS -> status;
        case MASKED_STATUS -> status & mask;
        default -> 0;
      };
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    SIZES.write(offset, width, value, (at, size, bits) -> writeRegister((int) at, (int) bits));
    line.publish();
  }

  private void writeRegister(int offset, int value) {
    registerLock.lock();
    try {
      switch (offset) {
        case MATCH -> {
          match = value;
          setAlarm();
        }
        case LOAD -> {
          load = value;
          setCount(value);
          setAlarm();
        }
        case MASK -> mask = value & ALARM;
        case CLEAR -> status &= ~value;
        default -> {} // read-only, or nothing
      }
      updateLine();
    } finally {
      registerLock.unlock();
    }
  }

  private void updateLine() {
    line.wantHighIf((status & mask) != 0);
  }

  private void setAlarm() {
    long seconds = Integer.toUnsignedLong(match - now());
    if (seconds == 0) {
      alarm.cancel();
      status |= ALARM;
    } else {
      long intoSecond = (context.timing().nanoTime() - countedFrom) % SECOND;
      alarm.start(seconds * SECOND - intoSecond);
    }
  }

  private void ring() {
    registerLock.lock();
    try {
      status |= ALARM;
      updateLine();
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  /** The counter goes on: it is a clock, and outlives resets. */
  @Override
  public void reset() {
    alarm.stop();
    registerLock.lock();
    try {
      match = 0;
      load = 0;
      mask = 0;
      status = 0;
      line.want(Level.LOW);
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    long alarmLeft = alarm.suspend();
    registerLock.lock();
    try {
      long savedAt = context.timing().nanoTime();
      return new StateRecord(
          KIND,
          VERSION,
          Map.of(
              "count", (long) now(),
              "intoSecondNanos", (savedAt - countedFrom) % SECOND,
              "savedAtNanos", savedAt,
              "match", (long) match,
              "load", (long) load,
              "mask", (long) mask,
              "status", (long) status,
              "alarmLeftNanos", alarmLeft));
    } finally {
      registerLock.unlock();
    }
  }

  /** Time has gone on since the save: for the counter, and for the alarm. */
  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    long savedAt = state.number("savedAtNanos");
    long alarmLeft = state.number("alarmLeftNanos");
    registerLock.lock();
    try {
      count = (int) state.number("count");
      countedFrom = savedAt - state.number("intoSecondNanos");
      match = (int) state.number("match");
      load = (int) state.number("load");
      mask = (int) state.number("mask") & ALARM;
      status = (int) state.number("status") & ALARM;
      if (alarmLeft != DeviceTimer.IDLE) {
        alarm.start(alarmLeft - (context.timing().nanoTime() - savedAt));
      }
      updateLine();
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public void resume() {
    alarm.resume();
  }

  @Override
  public void close() {
    alarm.stop();
  }
}

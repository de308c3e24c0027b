package busbar.model.pl011;

import static busbar.model.pl011.UartRegisters.CONTROL_ENABLE;
import static busbar.model.pl011.UartRegisters.CONTROL_LOOPBACK;
import static busbar.model.pl011.UartRegisters.CONTROL_RECEIVE;
import static busbar.model.pl011.UartRegisters.CONTROL_TRANSMIT;
import static busbar.model.pl011.UartRegisters.INTERRUPT_BREAK;
import static busbar.model.pl011.UartRegisters.INTERRUPT_OVERRUN;
import static busbar.model.pl011.UartRegisters.INTERRUPT_RECEIVE;
import static busbar.model.pl011.UartRegisters.INTERRUPT_TIMEOUT;
import static busbar.model.pl011.UartRegisters.INTERRUPT_TRANSMIT;

import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Arm PrimeCell UART PL011 (DDI 0183). Its wire leads nowhere: what is sent is gone, unless the
 * loopback is on. Characters leave at once, so the transmit FIFO is always empty.
 *
 * <p>Any thread.
 */
final class Pl011Model implements DeviceModel {
  private static final String KIND = "pl011";
  static final int VERSION = 1;
  private static final AccessSizes SIZES = new AccessSizes(1, 8, 1, 4);
  private static final int FIFO_DEPTH = 16;
  private static final long CLOCK_HERTZ = 24_000_000;
  private static final int TIMEOUT_BITS = 32;
  private static final int[] LEVELS = {2, 4, 8, 12, 14};

  private final InterruptLine line;
  private final DeviceTimer receiveTimeout;

  /** Guards all fields below. */
  private final ReentrantLock registerLock = new ReentrantLock();

  /** Characters with their error bits, as the data register gives them. */
  private final ArrayDeque<Integer> received = new ArrayDeque<>();

  private int errors;
  private int irdaDivisor;
  private int baudInteger;
  private int baudFraction;
  private int lineControl;
  private int control;
  private int fifoLevels;
  private int mask;
  private int status;
  private int dmaControl;

  Pl011Model(ModelContext context) {
    line = new InterruptLine(context, 0);
    receiveTimeout = new DeviceTimer(context.timing(), this::timeOut);
    powerOn();
  }

  private void powerOn() {
    received.clear();
    errors = 0;
    irdaDivisor = 0;
    baudInteger = 0;
    baudFraction = 0;
    lineControl = 0;
    control = UartRegisters.CONTROL_RESET;
    fifoLevels = UartRegisters.FIFO_LEVELS_RESET;
    mask = 0;
    status = 0;
    dmaControl = 0;
  }

  @Override
  public long read(int region, long offset, int width) {
    long value = SIZES.read(offset, width, (at, size) -> readRegister((int) at));
    line.publish();
    return value;
  }

  private int readRegister(int offset) {
    if (offset >= UartRegisters.IDENTIFICATION && offset < UartRegisters.END) {
      return UartRegisters.IDENTIFICATION_BYTES[(offset - UartRegisters.IDENTIFICATION) >> 2];
    }
    registerLock.lock();
    try {
      return switch (offset) {
        case UartRegisters.DATA -> take();
        case UartRegisters.ERRORS -> errors;
        case UartRegisters.FLAGS -> flags();
        case UartRegisters.IRDA_DIVISOR -> irdaDivisor;
        case UartRegisters.BAUD_INTEGER -> baudInteger;
        case UartRegisters.BAUD_FRACTION -> baudFraction;
        case UartRegisters.LINE_CONTROL -> lineControl;
        case UartRegisters.CONTROL -> control;
        case UartRegisters.FIFO_LEVELS -> fifoLevels;
        case UartRegisters.MASK -> mask;
        case UartRegisters.RAW_STATUS -> status;
        case UartRegisters.MASKED_STATUS -> status & mask;
        case UartRegisters.DMA_CONTROL -> dmaControl;
        default -> 0;
      };
    } finally {
      registerLock.unlock();
    }
  }

  private int take() {
    Integer character = received.poll();
    if (character == null) {
      return 0;
    }
    errors = character >>> 8;
    if (received.size() < receiveLevel()) {
      status &= ~INTERRUPT_RECEIVE;
    }
    if (received.isEmpty()) {
      status &= ~INTERRUPT_TIMEOUT;
      receiveTimeout.cancel();
    }
    updateLine();
    return character;
  }

  private int flags() {
    int flags = modem() | UartRegisters.FLAG_TRANSMIT_EMPTY;
    if (received.isEmpty()) {
      flags |= UartRegisters.FLAG_RECEIVE_EMPTY;
    } else if (received.size() >= depth()) {
      flags |= UartRegisters.FLAG_RECEIVE_FULL;
    }
    return flags;
  }

  /**
   * The modem inputs as flags: in loopback the modem outputs come back, else nothing is connected.
   */
  private int modem() {
    if ((control & CONTROL_LOOPBACK) == 0) {
      return 0;
    }
    int ready = control >>> 10 & 1; // data terminal ready comes back as data set ready
    int request = control >>> 11 & 1; // request to send as clear to send
    int out1 = control >>> 12 & 1; // as carrier detect
    int out2 = control >>> 13 & 1; // as ring indicator
    return request | ready << 1 | out1 << 2 | out2 << 8;
  }

  private int depth() {
    return (lineControl & UartRegisters.LINE_FIFO) != 0 ? FIFO_DEPTH : 1;
  }

  private int receiveLevel() {
    int selected = Math.min(fifoLevels >>> 3 & 7, LEVELS.length - 1);
    return depth() == 1 ? 1 : LEVELS[selected];
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
        case UartRegisters.DATA -> send(value & 0xff);
        case UartRegisters.ERRORS -> errors = 0;
        case UartRegisters.IRDA_DIVISOR -> irdaDivisor = value & 0xff;
        case UartRegisters.BAUD_INTEGER -> baudInteger = value & 0xffff;
        case UartRegisters.BAUD_FRACTION -> baudFraction = value & 0x3f;
        case UartRegisters.LINE_CONTROL -> writeLineControl(value & 0xff);
        case UartRegisters.CONTROL -> writeControl(value & 0xffff);
        case UartRegisters.FIFO_LEVELS -> fifoLevels = value & 0x3f;
        case UartRegisters.MASK -> mask = value & UartRegisters.INTERRUPTS;
        case UartRegisters.CLEAR -> status &= ~value;
        case UartRegisters.DMA_CONTROL -> dmaControl = value & 7;
        default -> {} // read-only, or nothing
      }
      updateLine();
    } finally {
      registerLock.unlock();
    }
  }

  private void send(int character) {
    int both = CONTROL_ENABLE | CONTROL_TRANSMIT;
    boolean sends = (control & both) == both;
    if (sends) {
      status |= INTERRUPT_TRANSMIT; // it has left, there is room again
      if ((control & CONTROL_LOOPBACK) != 0) {
        receive(character);
      }
    }
  }

  private void receive(int character) {
    if ((control & CONTROL_RECEIVE) == 0) {
      return;
    }
    if (received.size() >= depth()) {
      errors |= UartRegisters.ERRORS_OVERRUN;
      status |= INTERRUPT_OVERRUN;
      return;
    }
    received.add(character);
    if ((character & UartRegisters.DATA_BREAK) != 0) {
      status |= INTERRUPT_BREAK;
    }
    if (received.size() >= receiveLevel()) {
      status |= INTERRUPT_RECEIVE;
    }
    receiveTimeout.start(timeoutNanos());
  }

  /** The time of 32 bits; with no divisor set the fastest that the clock gives. */
  private long timeoutNanos() {
    long divisor = Math.max(64, baudInteger * 64L + baudFraction);
    return TIMEOUT_BITS * 16 * divisor * 1_000_000_000L / 64 / CLOCK_HERTZ;
  }

  private void timeOut() {
    registerLock.lock();
    try {
      if (!received.isEmpty()) {
        status |= INTERRUPT_TIMEOUT;
      }
      updateLine();
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  private void writeLineControl(int value) {
    boolean fifoChanged = ((lineControl ^ value) & UartRegisters.LINE_FIFO) != 0;
    boolean breakBegins = (~lineControl & value & UartRegisters.LINE_BREAK) != 0;
    lineControl = value;
    if (fifoChanged) {
      received.clear();
      receiveTimeout.cancel();
    }
    if (breakBegins && (control & CONTROL_LOOPBACK) != 0) {
      receive(UartRegisters.DATA_BREAK);
    }
  }

  private void writeControl(int value) {
    int before = modem();
    control = value;
    int changed = before ^ modem();
    if ((changed & 1) != 0) {
      status |= UartRegisters.INTERRUPT_CLEAR_TO_SEND;
    }
    if ((changed & 2) != 0) {
      status |= UartRegisters.INTERRUPT_DATA_SET_READY;
    }
    if ((changed & 4) != 0) {
      status |= UartRegisters.INTERRUPT_CARRIER;
    }
    if ((changed & 0x100) != 0) {
      status |= UartRegisters.INTERRUPT_RING;
    }
  }

  private void updateLine() {
    line.wantHighIf((status & mask) != 0);
  }

  @Override
  public void reset() {
    receiveTimeout.stop();
    registerLock.lock();
    try {
      powerOn();
      updateLine();
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    long timeoutLeft = receiveTimeout.suspend();
    registerLock.lock();
    try {
      return new StateRecord(
          KIND,
          VERSION,
          Map.ofEntries(
              Map.entry("received", received.stream().map(Integer::longValue).toList()),
              Map.entry("errors", (long) errors),
              Map.entry("irdaDivisor", (long) irdaDivisor),
              Map.entry("baudInteger", (long) baudInteger),
              Map.entry("baudFraction", (long) baudFraction),
              Map.entry("lineControl", (long) lineControl),
              Map.entry("control", (long) control),
              Map.entry("fifoLevels", (long) fifoLevels),
              Map.entry("mask", (long) mask),
              Map.entry("status", (long) status),
              Map.entry("dmaControl", (long) dmaControl),
              Map.entry("timeoutLeftNanos", timeoutLeft)));
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    long timeoutLeft = state.number("timeoutLeftNanos");
    registerLock.lock();
    try {
      received.clear();
      state.list("received", Long.class).forEach(value -> received.add(value.intValue()));
      errors = (int) state.number("errors");
      irdaDivisor = (int) state.number("irdaDivisor");
      baudInteger = (int) state.number("baudInteger");
      baudFraction = (int) state.number("baudFraction");
      lineControl = (int) state.number("lineControl");
      control = (int) state.number("control");
      fifoLevels = (int) state.number("fifoLevels");
      mask = (int) state.number("mask");
      status = (int) state.number("status");
      dmaControl = (int) state.number("dmaControl");
      receiveTimeout.takeOver(timeoutLeft);
      updateLine();
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public void resume() {
    receiveTimeout.resume();
  }

  @Override
  public void close() {
    receiveTimeout.stop();
  }
}

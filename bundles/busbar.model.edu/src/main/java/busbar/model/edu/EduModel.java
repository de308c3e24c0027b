package busbar.model.edu;

import static busbar.model.edu.EduRegisters.BUFFER_SIZE;
import static busbar.model.edu.EduRegisters.BUFFER_START;
import static busbar.model.edu.EduRegisters.COMMAND_INTERRUPT;
import static busbar.model.edu.EduRegisters.COMMAND_RUN;
import static busbar.model.edu.EduRegisters.COMMAND_TO_MEMORY;
import static busbar.model.edu.EduRegisters.DMA_COMMAND;
import static busbar.model.edu.EduRegisters.DMA_COUNT;
import static busbar.model.edu.EduRegisters.DMA_DESTINATION;
import static busbar.model.edu.EduRegisters.DMA_MASK;
import static busbar.model.edu.EduRegisters.DMA_SOURCE;
import static busbar.model.edu.EduRegisters.FACTORIAL;
import static busbar.model.edu.EduRegisters.IDENTIFICATION;
import static busbar.model.edu.EduRegisters.IDENTIFICATION_VALUE;
import static busbar.model.edu.EduRegisters.INTERRUPT_ACKNOWLEDGE;
import static busbar.model.edu.EduRegisters.INTERRUPT_DMA;
import static busbar.model.edu.EduRegisters.INTERRUPT_FACTORIAL;
import static busbar.model.edu.EduRegisters.INTERRUPT_RAISE;
import static busbar.model.edu.EduRegisters.INTERRUPT_STATUS;
import static busbar.model.edu.EduRegisters.LIVENESS;
import static busbar.model.edu.EduRegisters.STATUS;
import static busbar.model.edu.EduRegisters.STATUS_COMPUTING;
import static busbar.model.edu.EduRegisters.STATUS_INTERRUPT_AFTER_FACTORIAL;
import static busbar.model.edu.EduRegisters.WIDE_REGISTERS;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import busbar.machine.model.ModelContext.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The edu device: a liveness check, a factorial engine that works in the background, an interrupt
 * that software can raise, and DMA from and to a buffer of 4 KiB that only DMA reaches.
 *
 * <p>Any thread; DMA and factorial run on the machine's timers.
 */
final class EduModel implements DeviceModel {
  /** How long the device takes for its work, in nanoseconds. */
  record Delays(long dmaNanos, long factorialNanos) {}

  private static final String KIND = "edu";
  static final int VERSION = 1;
  private static final AccessSizes SIZES = AccessSizes.between(4, 8);
  private static final long UNKNOWN = -1;

  private final ModelContext context;
  private final Delays delays;
  private final boolean bigEndian;
  private final InterruptLine line;
  private final DeviceTimer dmaTimer;
  private final DeviceTimer factorialTimer;

  /**
   * The buffer: of the DMA task alone while {@code COMMAND_RUN} is set, else under the register
   * lock.
   */
  private final MemorySegment buffer = MemorySegment.ofArray(new byte[BUFFER_SIZE]);

  /** Guards all fields below. */
  private final ReentrantLock registerLock = new ReentrantLock();

  private int liveness;
  private int factorial;
  private int status;
  private int interruptStatus;
  private long dmaSource;
  private long dmaDestination;
  private long dmaCount;
  private long dmaCommand;

  EduModel(ModelContext context, Delays delays) {
    this.context = context;
    this.delays = delays;
    bigEndian = context.boardByteOrder() == ByteOrder.BIG_ENDIAN;
    line = new InterruptLine(context, 0);
    dmaTimer = new DeviceTimer(context.timing(), this::transfer);
    factorialTimer = new DeviceTimer(context.timing(), this::finishFactorial);
  }

  @Override
  public long read(int region, long offset, int width) {
    return SIZES.read(offset, width, (at, size) -> boardOrder(readRegister((int) at, size), size));
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    SIZES.write(
        offset,
        width,
        value,
        (at, size, bits) -> writeRegister((int) at, size, boardOrder(bits, size)));
  }

  private long boardOrder(long value, int width) {
    return bigEndian ? Long.reverseBytes(value) >>> (64 - 8 * width) : value;
  }

  private long readRegister(int offset, int width) {
    if (offset < WIDE_REGISTERS && width != 4) {
      return UNKNOWN;
    }
    registerLock.lock();
    try {
      return switch (offset) {
        case IDENTIFICATION -> IDENTIFICATION_VALUE;
        case LIVENESS -> liveness;
        case FACTORIAL -> factorial;
        case STATUS -> status;
        case INTERRUPT_STATUS -> interruptStatus;
        case DMA_SOURCE -> dmaSource;
        case DMA_DESTINATION -> dmaDestination;
        case DMA_COUNT -> dmaCount;
        case DMA_COMMAND -> dmaCommand;
        default -> UNKNOWN;
      };
    } finally {
      registerLock.unlock();
    }
  }

  private void writeRegister(int offset, int width, long value) {
    if (offset < WIDE_REGISTERS && width != 4) {
      return;
    }
    switch (offset) {
      case INTERRUPT_RAISE -> raise((int) value);
      case INTERRUPT_ACKNOWLEDGE -> acknowledge((int) value);
      default -> {
        registerLock.lock();
        try {
          storeRegister(offset, value);
        } finally {
          registerLock.unlock();
        }
      }
    }
  }

  private void storeRegister(int offset, long value) {
    switch (offset) {
      case LIVENESS -> liveness = ~(int) value;
      case FACTORIAL -> {
        if ((status & STATUS_COMPUTING) == 0) {
          factorial = (int) value;
          status |= STATUS_COMPUTING;
          factorialTimer.start(delays.factorialNanos());
        }
      }
      case STATUS ->
          status = status & STATUS_COMPUTING | (int) value & STATUS_INTERRUPT_AFTER_FACTORIAL;
      default -> {
        if ((dmaCommand & COMMAND_RUN) == 0) {
          storeDmaRegister(offset, value);
        }
      }
    }
  }

  private void storeDmaRegister(int offset, long value) {
    switch (offset) {
      case DMA_SOURCE -> dmaSource = value;
      case DMA_DESTINATION -> dmaDestination = value;
      case DMA_COUNT -> dmaCount = value;
      case DMA_COMMAND -> {
        if ((value & COMMAND_RUN) != 0) {
          dmaCommand = value;
          dmaTimer.start(delays.dmaNanos());
        }
      }
      default -> {} // no register there
    }
  }

  private void raise(int bits) {
    boolean messages = context.messagesEnabled();
    boolean interrupt;
    registerLock.lock();
    try {
      interrupt = note(bits, messages);
    } finally {
      registerLock.unlock();
    }
    if (interrupt) {
      send(messages);
    }
  }

  /**
   * Notes an interrupt, under the lock and together with what it is the interrupt of: who sees that
   * work has ended sees its interrupt, too.
   *
   * @return whether {@link #send} must follow, without the lock
   */
  private boolean note(int bits, boolean messages) {
    interruptStatus |= bits;
    boolean interrupt = interruptStatus != 0;
    if (interrupt && !messages) {
      line.want(Level.HIGH);
    }
    return interrupt;
  }

  /** Every interrupt is a message, also for a bit that was set already; a line goes high once. */
  private void send(boolean messages) {
    if (messages) {
      context.message(0);
    }
    line.publish();
  }

  private void acknowledge(int bits) {
    registerLock.lock();
    try {
      interruptStatus &= ~bits;
      if (interruptStatus == 0) {
        line.want(Level.LOW);
      }
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  private void finishFactorial() {
    boolean messages = context.messagesEnabled();
    boolean interrupt;
    registerLock.lock();
    try {
      factorial = factorialOf(factorial);
      status &= ~STATUS_COMPUTING;
      interrupt =
          (status & STATUS_INTERRUPT_AFTER_FACTORIAL) != 0 && note(INTERRUPT_FACTORIAL, messages);
    } finally {
      registerLock.unlock();
    }
    if (interrupt) {
      send(messages);
    }
  }

  /** The factorial in 32 bits: from 34 on there are 32 factors of two in it, and it is 0. */
  private static int factorialOf(int number) {
    if (Integer.compareUnsigned(number, 34) >= 0) {
      return 0;
    }
    int product = 1;
    for (int factor = 2; factor <= number; factor++) {
      product *= factor;
    }
    return product;
  }

  /**
   * The registers do not change while a command runs, so they are read once and used without lock.
   */
  private void transfer() {
    long source;
    long destination;
    long count;
    long command;
    registerLock.lock();
    try {
      source = dmaSource;
      destination = dmaDestination;
      count = dmaCount;
      command = dmaCommand;
    } finally {
      registerLock.unlock();
    }
    if ((command & COMMAND_TO_MEMORY) == 0) {
      if (inBuffer(destination, count)) {
        context.dma().read(source & DMA_MASK, buffer, destination - BUFFER_START, count);
      }
    } else if (inBuffer(source, count)) {
      context.dma().write(destination & DMA_MASK, buffer, source - BUFFER_START, count);
    }
    boolean messages = context.messagesEnabled();
    boolean interrupt;
    registerLock.lock();
    try {
      dmaCommand &= ~COMMAND_RUN;
      interrupt = (command & COMMAND_INTERRUPT) != 0 && note(INTERRUPT_DMA, messages);
    } finally {
      registerLock.unlock();
    }
    if (interrupt) {
      send(messages);
    }
  }

  private static boolean inBuffer(long address, long count) {
    long offset = address - BUFFER_START;
    return offset >= 0 && offset < BUFFER_SIZE && count > 0 && count <= BUFFER_SIZE - offset;
  }

  @Override
  public void reset() {
    dmaTimer.stop();
    factorialTimer.stop();
    registerLock.lock();
    try {
      liveness = 0;
      factorial = 0;
      status = 0;
      interruptStatus = 0;
      dmaSource = 0;
      dmaDestination = 0;
      dmaCount = 0;
      dmaCommand = 0;
      buffer.fill((byte) 0);
      line.want(Level.LOW);
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    // Work that ends meanwhile may have started the other timer: what is left is known after both.
    dmaTimer.suspend();
    factorialTimer.suspend();
    registerLock.lock();
    try {
      return new StateRecord(
          KIND,
          VERSION,
          Map.ofEntries(
              Map.entry("liveness", (long) liveness),
              Map.entry("factorial", (long) factorial),
              Map.entry("status", (long) status),
              Map.entry("interruptStatus", (long) interruptStatus),
              Map.entry("line", line.wanted() == Level.HIGH),
              Map.entry("dmaSource", dmaSource),
              Map.entry("dmaDestination", dmaDestination),
              Map.entry("dmaCount", dmaCount),
              Map.entry("dmaCommand", dmaCommand),
              Map.entry("buffer", ((byte[]) buffer.heapBase().orElseThrow()).clone()),
              Map.entry("dmaLeftNanos", dmaTimer.remainingNanos()),
              Map.entry("factorialLeftNanos", factorialTimer.remainingNanos())));
    } finally {
      registerLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    long dmaLeft = state.number("dmaLeftNanos");
    long factorialLeft = state.number("factorialLeftNanos");
    byte[] bytes = state.get("buffer", byte[].class);
    if (bytes.length != BUFFER_SIZE) {
      throw Errno.EINVAL.because(
          "the state of %s has a buffer of %d bytes instead of %d",
          context.name(), bytes.length, BUFFER_SIZE);
    }
    registerLock.lock();
    try {
      liveness = (int) state.number("liveness");
      factorial = (int) state.number("factorial");
      status = (int) state.number("status");
      interruptStatus = (int) state.number("interruptStatus");
      line.wantHighIf(state.get("line", Boolean.class));
      dmaSource = state.number("dmaSource");
      dmaDestination = state.number("dmaDestination");
      dmaCount = state.number("dmaCount");
      dmaCommand = state.number("dmaCommand");
      buffer.copyFrom(MemorySegment.ofArray(bytes));
      dmaTimer.takeOver(dmaLeft);
      factorialTimer.takeOver(factorialLeft);
    } finally {
      registerLock.unlock();
    }
    line.publish();
  }

  @Override
  public void resume() {
    dmaTimer.resume();
    factorialTimer.resume();
  }

  @Override
  public void close() {
    dmaTimer.stop();
    factorialTimer.stop();
  }
}

package busbar.model.mtty;

import busbar.api.Errno;
import java.util.Arrays;

/**
 * One 16550 port whose transmitter is wired to its own receiver. Guarded by the card's {@code
 * opsLock}.
 *
 * <p>It answers as the sample does, oddities included: the FIFO's fill is told by comparing head
 * and tail, so sixteen bytes in it look like none until it is cleared; the interrupt level is 1
 * after any write to the FIFO control register, and 0, which is never met, before the first.
 */
final class SerialPort {
  /** Bytes of {@link #image}: {@code struct serial_port}. */
  static final int IMAGE_SIZE = 36;

  private static final int FIFO_SIZE = 16;

  // register offsets; 2 is read as IIR and written as FCR
  private static final int RX_TX = 0;
  private static final int IER = 1;
  private static final int IIR_FCR = 2;
  private static final int LCR = 3;
  private static final int MCR = 4;
  private static final int LSR = 5;
  private static final int MSR = 6;
  private static final int SCR = 7;

  private static final int IER_RECEIVED = 0x01;
  private static final int IER_SENT = 0x02;
  private static final int IER_LINE_STATUS = 0x04;
  private static final int IER_MODEM_STATUS = 0x08;
  private static final int IER_IMPLEMENTED = 0x0f;
  private static final int IIR_NONE = 0x01;
  private static final int IIR_SENT = 0x02;
  private static final int IIR_RECEIVED = 0x04;
  private static final int IIR_LINE_STATUS = 0x06;
  private static final int IIR_16550 = 0xc0;
  private static final int FCR_ENABLE = 0x01;
  private static final int FCR_CLEAR = 0x06;
  private static final int LCR_DLAB = 0x80;
  private static final int MCR_DTR_RTS = 0x03;
  private static final int MCR_OUT2 = 0x08;
  private static final int MCR_AUTOFLOW = 0x20;
  private static final int LSR_DATA_READY = 0x01;
  private static final int LSR_OVERRUN = 0x02;
  private static final int LSR_EMPTY = 0x60;
  private static final int MSR_DSR_DCD = 0xa2;
  private static final int MSR_CTS = 0x11;

  // places in the image
  private static final int AT_FIFO = 8;
  private static final int AT_HEAD = 24;
  private static final int AT_TAIL = 25;
  private static final int AT_COUNT = 26;
  private static final int AT_DLAB = 27;
  private static final int AT_OVERRUN = 28;
  private static final int AT_DIVISOR = 30;
  private static final int AT_FCR = 32;
  private static final int AT_CAPACITY = 33;
  private static final int AT_TRIGGER_LEVEL = 34;

  private final Runnable interrupt;
  private final byte[] registers = new byte[8];
  private final byte[] fifo = new byte[FIFO_SIZE];
  private int head;
  private int tail;
  private int count;
  private boolean divisorAccess;
  private boolean overrun;
  private int divisor;
  private int fifoControl;
  private int capacity = FIFO_SIZE;
  private int triggerLevel;

  /**
   * @param interrupt raises the card's interrupt
   */
  SerialPort(Runnable interrupt) {
    this.interrupt = interrupt;
  }

  /** Reads a register, unsigned; 0 beyond the eight. */
  int read(int offset) {
    return switch (offset) {
      case RX_TX -> divisorAccess ? divisor & 0xff : receive();
      case IER -> divisorAccess ? divisor >> 8 : registers[IER] & IER_IMPLEMENTED;
      case IIR_FCR -> pendingInterrupts();
      case LSR -> lineStatus();
      case MSR -> modemStatus();
      case LCR, MCR, SCR -> registers[offset] & 0xff;
      default -> 0;
    };
  }

  /** Writes the low byte to a register; nothing happens beyond the eight. */
  void write(int offset, int value) {
    int data = value & 0xff;
    switch (offset) {
      case RX_TX -> writeData(data);
      case IER -> writeInterruptEnable(data);
      case IIR_FCR -> writeFifoControl(data);
      case LCR -> writeLineControl(data);
      case MCR -> writeModemControl(data);
      case SCR -> registers[SCR] = (byte) data;
      default -> {
        // the status registers cannot be written
      }
    }
  }

  private boolean enabled(int interrupts) {
    return (registers[IER] & interrupts) != 0;
  }

  private boolean looksEmpty() {
    return head == tail;
  }

  private int receive() {
    int data = 0;
    if (!looksEmpty()) {
      data = fifo[tail] & 0xff;
      count--;
      tail = next(tail);
    }
    if (looksEmpty() && enabled(IER_SENT)) {
      interrupt.run();
    }
    return data;
  }

  private void writeData(int data) {
    if (divisorAccess) {
      divisor |= data;
      return;
    }
    if (count < capacity) {
      fifo[head] = (byte) data;
      count++;
      head = next(head);
      overrun = false;
      if (enabled(IER_RECEIVED) && count == triggerLevel) {
        interrupt.run();
      }
    } else {
      overrun = true;
      if (enabled(IER_LINE_STATUS)) {
        interrupt.run();
      }
    }
  }

  private void writeInterruptEnable(int data) {
    if (divisorAccess) {
      divisor |= data << 8;
      return;
    }
    registers[IER] = (byte) data;
    if (enabled(IER_SENT) && looksEmpty()) {
      interrupt.run();
    }
  }

  private void writeFifoControl(int data) {
    fifoControl = data;
    if ((data & FCR_CLEAR) != 0) {
      count = 0;
      head = 0;
      tail = 0;
    }
    triggerLevel = 1;
    capacity = (data & FCR_ENABLE) != 0 ? FIFO_SIZE : 1;
  }

  private void writeLineControl(int data) {
    divisorAccess = (data & LCR_DLAB) != 0;
    if (divisorAccess) {
      divisor = 0;
    }
    registers[LCR] = (byte) data;
  }

  /** OUT2 and the handshake lines interrupt each for itself. */
  private void writeModemControl(int data) {
    registers[MCR] = (byte) data;
    if (enabled(IER_MODEM_STATUS) && (data & MCR_OUT2) != 0) {
      interrupt.run();
    }
    if (enabled(IER_MODEM_STATUS) && (data & MCR_DTR_RTS) != 0) {
      interrupt.run();
    }
  }

  /** A pending modem status alone has no bit of its own and reads as none. */
  private int pendingInterrupts() {
    int pending = 0;
    if (enabled(IER_LINE_STATUS) && overrun) {
      pending |= IIR_LINE_STATUS;
    }
    if (enabled(IER_RECEIVED) && count >= triggerLevel) {
      pending |= IIR_RECEIVED;
    }
    if (enabled(IER_SENT) && looksEmpty()) {
      pending |= IIR_SENT;
    }
    return IIR_16550 | (pending == 0 ? IIR_NONE : pending);
  }

  private int lineStatus() {
    return (looksEmpty() ? LSR_EMPTY : LSR_DATA_READY) | (overrun ? LSR_OVERRUN : 0);
  }

  /** With automatic flow control the line is clear to send only while the FIFO has room. */
  private int modemStatus() {
    boolean held = (registers[MCR] & MCR_AUTOFLOW) != 0 && count >= capacity;
    return MSR_DSR_DCD | (held ? 0 : MSR_CTS);
  }

  private static int next(int index) {
    return index + 1 & FIFO_SIZE - 1;
  }

  /** Everything in the port, laid out as the sample's {@code struct serial_port} on x86. */
  byte[] image() {
    byte[] image = new byte[IMAGE_SIZE];
    System.arraycopy(registers, 0, image, 0, registers.length);
    System.arraycopy(fifo, 0, image, AT_FIFO, FIFO_SIZE);
    image[AT_HEAD] = (byte) head;
    image[AT_TAIL] = (byte) tail;
    image[AT_COUNT] = (byte) count;
    image[AT_DLAB] = (byte) (divisorAccess ? 1 : 0);
    image[AT_OVERRUN] = (byte) (overrun ? 1 : 0);
    image[AT_DIVISOR] = (byte) divisor;
    image[AT_DIVISOR + 1] = (byte) (divisor >> 8);
    image[AT_FCR] = (byte) fifoControl;
    image[AT_CAPACITY] = (byte) capacity;
    image[AT_TRIGGER_LEVEL] = (byte) triggerLevel;
    return image;
  }

  /**
   * Checks an image before anything is taken from it. The sample trusts the sender here.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if an index leaves the FIFO
   */
  static void check(byte[] image) {
    if (image.length != IMAGE_SIZE
        || unsigned(image, AT_HEAD) >= FIFO_SIZE
        || unsigned(image, AT_TAIL) >= FIFO_SIZE
        || unsigned(image, AT_COUNT) > FIFO_SIZE
        || unsigned(image, AT_CAPACITY) > FIFO_SIZE) {
      throw Errno.EINVAL.because("a port's state is not possible: %s", Arrays.toString(image));
    }
  }

  /** Takes over what {@link #image} gave and {@link #check} accepts. */
  void restore(byte[] image) {
    check(image);
    System.arraycopy(image, 0, registers, 0, registers.length);
    System.arraycopy(image, AT_FIFO, fifo, 0, FIFO_SIZE);
    head = unsigned(image, AT_HEAD);
    tail = unsigned(image, AT_TAIL);
    count = unsigned(image, AT_COUNT);
    divisorAccess = image[AT_DLAB] != 0;
    overrun = image[AT_OVERRUN] != 0;
    divisor = unsigned(image, AT_DIVISOR) | unsigned(image, AT_DIVISOR + 1) << 8;
    fifoControl = unsigned(image, AT_FCR);
    capacity = unsigned(image, AT_CAPACITY);
    triggerLevel = unsigned(image, AT_TRIGGER_LEVEL);
  }

  private static int unsigned(byte[] image, int at) {
    return image[at] & 0xff;
  }
}

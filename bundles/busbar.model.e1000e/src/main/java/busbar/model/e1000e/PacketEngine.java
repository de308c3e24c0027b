package busbar.model.e1000e;

import busbar.machine.model.DeviceTimer;
import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Works off the transmit rings: collects frames from their buffers, loops them back if the MAC says
 * so, and writes descriptors back (82574 datasheet, section 7.2). Offloads are not carried out: a
 * frame leaves as it stands in memory.
 *
 * <p>One task at a time runs, on the machine's timers; it takes the register lock for registers and
 * has no lock during DMA.
 */
final class PacketEngine {
  /** Runs something under the register lock and sends the interrupts that come of it. */
  @FunctionalInterface
  interface Runner {
    void run(InterruptUnit.Task task);
  }

  private static final int QUEUES = 2;
  private static final int DESCRIPTOR = 16;
  private static final int LONGEST_FRAME = 16384;
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int COMMAND_END = 1 << 24;
  private static final int COMMAND_REPORT = 1 << 27;
  private static final int COMMAND_EXTENDED = 1 << 29;
  private static final int COMMAND_DELAY = 1 << 31;
  private static final int EXTENDED_DATA = 1 << 20;
  private static final int EXTENDED_TYPE = 0xf << 20;
  private static final int STATUS_DONE = 1;

  private final ModelContext context;
  private final ReentrantLock registerLock;
  private final MacRegisters mac;
  private final Runner runner;
  private final InterruptUnit interrupts;
  private final Receiver receiver;
  private final DeviceTimer timer;

  /** Bytes of the frame that a queue has begun; of the task alone while it runs. */
  private final byte[][] begun = {new byte[0], new byte[0]};

  /** Counts resets, so that a task notices that the rings it works on are gone. Register lock. */
  private int generation;

  /** The task is to stop between two descriptors, to be gone on with later. */
  private volatile boolean pausing;

  PacketEngine(
      ModelContext context,
      ReentrantLock registerLock,
      MacRegisters mac,
      InterruptUnit interrupts,
      Runner runner) {
    this.context = context;
    this.registerLock = registerLock;
    this.mac = mac;
    this.interrupts = interrupts;
    this.runner = runner;
    receiver = new Receiver(context.dma(), registerLock, mac, interrupts, runner);
    timer = new DeviceTimer(context.timing(), this::work);
  }

  /** A descriptor to work on, as the registers gave it. */
  private record Slot(int generation, long address) {}

  /** Rings may have work: soon looks at them. */
  void start() {
    timer.start(0);
  }

  /** The rings are gone, by a reset of the registers; the register lock is held. */
  void forget() {
    timer.cancel();
    generation++;
  }

  void stop() {
    pausing = true;
    timer.stop();
    pausing = false;
  }

  /** Ends the task at the next descriptor. */
  void suspend() {
    pausing = true;
    timer.suspend();
  }

  long remainingNanos() {
    return timer.remainingNanos();
  }

  void resume() {
    pausing = false;
    timer.resume();
  }

  void takeOver(long leftNanos) {
    timer.takeOver(leftNanos);
  }

  List<byte[]> begunFrames() {
    return List.of(begun[0].clone(), begun[1].clone());
  }

  void restoreBegunFrames(List<byte[]> frames) {
    for (int queue = 0; queue < QUEUES && queue < frames.size(); queue++) {
      begun[queue] = frames.get(queue).clone();
    }
  }

  private void work() {
    for (int queue = 0; queue < QUEUES; queue++) {
      work(queue);
    }
  }

  private void work(int queue) {
    int causes = 0;
    boolean mayWait = true;
    MemorySegment descriptor = MemorySegment.ofArray(new byte[DESCRIPTOR]);
    Slot slot = next(queue);
    while (slot != null && context.dma().read(slot.address(), descriptor, 0, DESCRIPTOR)) {
      long control = descriptor.get(U64, 8);
      carryOut(queue, slot, descriptor.get(U64, 0), control);
      if ((control & COMMAND_REPORT) != 0) {
        writeBack(slot, descriptor);
        causes |= queue == 0 ? Cause.TX_QUEUE_0 : Cause.TX_QUEUE_1;
        mayWait &= (control & COMMAND_DELAY) != 0;
      }
      boolean still = advance(queue, slot);
      if (still && pausing) {
        timer.start(0);
        break;
      }
      slot = still ? next(queue) : null;
    }
    if (causes != 0) {
      announce(causes, mayWait);
    }
  }

  private void announce(int queueCauses, boolean mayWait) {
    runner.run(
        mode -> {
          int causes = mode == InterruptUnit.Mode.MSIX ? queueCauses : Cause.TX_WRITTEN_BACK;
          interrupts.raiseTransmitted(causes | Cause.TX_QUEUE_EMPTY, mayWait, mode);
        });
  }

  /** The next descriptor that software has handed over, {@code null} if there is none. */
  private Slot next(int queue) {
    int bank = queue * Reg.QUEUE_STRIDE;
    registerLock.lock();
    try {
      boolean enabled =
          (mac.get(Reg.TCTL) & Reg.TCTL_ENABLE) != 0
              && (mac.get(queue == 0 ? Reg.TARC0 : Reg.TARC1) & Reg.TARC_ENABLE) != 0;
      int count = mac.get(Reg.TDLEN + bank) / DESCRIPTOR;
      int head = mac.get(Reg.TDH + bank);
      int tail = mac.get(Reg.TDT + bank);
      if (!enabled || head == tail || head >= count || tail >= count) {
        return null;
      }
      return new Slot(generation, mac.address(Reg.TDBAL + bank) + (long) head * DESCRIPTOR);
    } finally {
      registerLock.unlock();
    }
  }

  private boolean advance(int queue, Slot slot) {
    int bank = queue * Reg.QUEUE_STRIDE;
    registerLock.lock();
    try {
      if (slot.generation() != generation) {
        return false;
      }
      int count = mac.get(Reg.TDLEN + bank) / DESCRIPTOR;
      int next = mac.get(Reg.TDH + bank) + 1;
      mac.set(Reg.TDH + bank, next >= count ? 0 : next);
      return true;
    } finally {
      registerLock.unlock();
    }
  }

  private void carryOut(int queue, Slot slot, long buffer, long control) {
    boolean extended = (control & COMMAND_EXTENDED) != 0;
    if (extended && (control & EXTENDED_TYPE) != EXTENDED_DATA) {
      return; // a context for offloads
    }
    int length = (int) control & (extended ? 0xf_ffff : 0xffff);
    append(queue, buffer, length);
    if ((control & COMMAND_END) != 0) {
      byte[] frame = begun[queue];
      begun[queue] = new byte[0];
      send(slot, frame);
    }
  }

  private void append(int queue, long buffer, int length) {
    int had = begun[queue].length;
    int taken = Math.min(length, LONGEST_FRAME - had);
    if (taken > 0) {
      begun[queue] = Arrays.copyOf(begun[queue], had + taken);
      context.dma().read(buffer, MemorySegment.ofArray(begun[queue]), had, taken);
    }
  }

  private void send(Slot slot, byte[] frame) {
    boolean loop;
    registerLock.lock();
    try {
      if (slot.generation() != generation) {
        return;
      }
      countSent(frame);
      loop = (mac.get(Reg.RCTL) & Reg.RCTL_LOOPBACK) == Reg.RCTL_LOOPBACK_MAC;
    } finally {
      registerLock.unlock();
    }
    if (loop) {
      receiver.receive(frame);
    }
  }

  private void countSent(byte[] frame) {
    int octets = Math.max(frame.length, Receiver.SHORTEST_FRAME) + Receiver.CRC;
    mac.count(Reg.TPT);
    mac.count(Reg.GPTC);
    mac.add(Reg.TOTL, octets);
    mac.add(Reg.GOTCL, octets);
    mac.count(Reg.PTC64 + Receiver.sizeClass(octets));
    if (Receiver.isBroadcast(frame)) {
      mac.count(Reg.BPTC);
    } else if (Receiver.isMulticast(frame)) {
      mac.count(Reg.MPTC);
    }
  }

  private void writeBack(Slot slot, MemorySegment descriptor) {
    descriptor.set(U64, 8, descriptor.get(U64, 8) | (long) STATUS_DONE << 32);
    context.dma().write(slot.address() + 12, descriptor, 12, 4);
  }
}

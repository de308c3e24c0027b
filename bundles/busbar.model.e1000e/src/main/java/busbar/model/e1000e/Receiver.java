package busbar.model.e1000e;

import busbar.machine.model.DmaPort;
import busbar.model.e1000e.InterruptUnit.Mode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32;

/**
 * Puts frames into the first receive ring, with legacy or extended descriptors (82574 datasheet,
 * section 7.1). Packet split is not carried out: such a ring receives nothing.
 *
 * <p>One frame at a time, on the engine's task; the register lock is taken for registers and not
 * held during DMA.
 */
final class Receiver {
  static final int SHORTEST_FRAME = 60;
  static final int CRC = 4;

  private static final int DESCRIPTOR = 16;
  private static final int STATUS_DONE = 1;
  private static final int STATUS_END = 2;
  private static final int STATUS_IGNORE_CHECKSUM = 4;
  private static final int THRESHOLD_HIT = 1 << 4;
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final DmaPort dma;
  private final ReentrantLock registerLock;
  private final MacRegisters mac;
  private final InterruptUnit interrupts;
  private final PacketEngine.Runner runner;

  Receiver(
      DmaPort dma,
      ReentrantLock registerLock,
      MacRegisters mac,
      InterruptUnit interrupts,
      PacketEngine.Runner runner) {
    this.dma = dma;
    this.registerLock = registerLock;
    this.mac = mac;
    this.interrupts = interrupts;
    this.runner = runner;
  }

  /** The ring as the registers describe it when a frame comes. */
  private record Ring(
      long base,
      int count,
      int head,
      int free,
      int bufferSize,
      boolean extended,
      boolean stripsCrc) {}

  /** Delivers a frame without its CRC, or drops it as the registers say. */
  void receive(byte[] sent) {
    byte[] frame = Arrays.copyOf(sent, Math.max(sent.length, SHORTEST_FRAME));
    Ring ring = ring(frame);
    if (ring == null) {
      return;
    }
    byte[] data = ring.stripsCrc() ? frame : withCrc(frame);
    int needed = (data.length + ring.bufferSize() - 1) / ring.bufferSize();
    if (needed > ring.free()) {
      runner.run(
          mode -> {
            mac.count(Reg.RNBC);
            interrupts.raise(Cause.RX_OVERRUN, mode);
          });
      return;
    }
    int head = ring.head();
    for (int i = 0; i < needed; i++) {
      int from = i * ring.bufferSize();
      int length = Math.min(ring.bufferSize(), data.length - from);
      if (!fill(ring, head, data, from, length)) {
        return;
      }
      head = head + 1 == ring.count() ? 0 : head + 1;
    }
    int newHead = head;
    runner.run(mode -> received(ring, newHead, ring.free() - needed, frame, mode));
  }

  private Ring ring(byte[] frame) {
    registerLock.lock();
    try {
      int control = mac.get(Reg.RCTL);
      boolean on =
          (control & Reg.RCTL_ENABLE) != 0
              && (control & Reg.RCTL_PACKET_SPLIT) == 0
              && (mac.get(Reg.STATUS) & Reg.STATUS_LINK_UP) != 0;
      if (!on || !accepts(control, frame)) {
        return null;
      }
      int count = mac.get(Reg.RDLEN) / DESCRIPTOR;
      int head = mac.get(Reg.RDH);
      int tail = mac.get(Reg.RDT);
      boolean sane = head < count && tail < count;
      return new Ring(
          mac.address(Reg.RDBAL),
          count,
          head,
          sane ? (tail - head + count) % count : 0,
          bufferSize(control),
          (mac.get(Reg.RFCTL) & Reg.RFCTL_EXTENDED) != 0,
          (control & Reg.RCTL_STRIP_CRC) != 0);
    } finally {
      registerLock.unlock();
    }
  }

  static int bufferSize(int control) {
    int flexible = control >>> 27 & 0xf;
    if (flexible != 0) {
      return flexible * 1024;
    }
    int size = 2048 >>> (control >>> Reg.RCTL_SIZE_SHIFT & 3);
    boolean extension = (control & Reg.RCTL_SIZE_EXTENSION) != 0;
    return extension && size != 2048 ? size * 16 : size;
  }

  private boolean accepts(int control, byte[] frame) {
    if (isBroadcast(frame)) {
      if ((control & Reg.RCTL_BROADCAST) != 0) {
        return true;
      }
    } else if (isMulticast(frame)) {
      if ((control & Reg.RCTL_MULTICAST_PROMISCUOUS) != 0) {
        return true;
      }
    } else if ((control & Reg.RCTL_UNICAST_PROMISCUOUS) != 0) {
      return true;
    }
    return matchesAddress(frame) || matchesHash(control, frame);
  }

  private boolean matchesAddress(byte[] frame) {
    int low = frame[0] & 0xff | (frame[1] & 0xff) << 8 | (frame[2] & 0xff) << 16 | frame[3] << 24;
    int high = frame[4] & 0xff | (frame[5] & 0xff) << 8;
    for (int at = Reg.RAL0; at < Reg.RAL0 + 128; at += 8) {
      int entry = mac.get(at + 4);
      if ((entry & Reg.RAH_VALID) != 0 && mac.get(at) == low && (entry & 0xffff) == high) {
        return true;
      }
    }
    return false;
  }

  private boolean matchesHash(int control, byte[] frame) {
    int[] shifts = {4, 3, 2, 0};
    int shift = shifts[control >>> Reg.RCTL_MULTICAST_OFFSET_SHIFT & 3];
    int hash = ((frame[5] & 0xff) << 8 | frame[4] & 0xff) >>> shift & 0xfff;
    return (mac.get(Reg.MTA + 4 * (hash >>> 5)) >>> (hash & 31) & 1) != 0;
  }

  static boolean isMulticast(byte[] frame) {
    return frame.length > 0 && (frame[0] & 1) != 0;
  }

  static boolean isBroadcast(byte[] frame) {
    for (int i = 0; i < 6; i++) {
      if (frame.length <= i || frame[i] != -1) {
        return false;
      }
    }
    return true;
  }

  /**
   * Bytes from the counter of 64-byte frames to that of frames with so many octets, CRC included.
   */
  static int sizeClass(int octets) {
    int[] limits = {64, 127, 255, 511, 1023};
    int index = 0;
    while (index < limits.length && octets > limits[index]) {
      index++;
    }
    return 4 * index;
  }

  private static byte[] withCrc(byte[] frame) {
    CRC32 crc = new CRC32();
    crc.update(frame);
    byte[] data = Arrays.copyOf(frame, frame.length + CRC);
    for (int i = 0; i < CRC; i++) {
      data[frame.length + i] = (byte) (crc.getValue() >>> (8 * i));
    }
    return data;
  }

  private boolean fill(Ring ring, int index, byte[] data, int from, int length) {
    long at = ring.base() + (long) index * DESCRIPTOR;
    MemorySegment descriptor = MemorySegment.ofArray(new byte[DESCRIPTOR]);
    if (!dma.read(at, descriptor, 0, DESCRIPTOR)) {
      return false;
    }
    dma.write(descriptor.get(U64, 0), MemorySegment.ofArray(data), from, length);
    boolean end = from + length == data.length;
    long status = STATUS_DONE | (end ? STATUS_END | STATUS_IGNORE_CHECKSUM : 0);
    if (ring.extended()) {
      descriptor.set(U64, 0, 0);
      descriptor.set(U64, 8, status | (long) length << 32);
    } else {
      descriptor.set(U64, 8, length | status << 32);
    }
    dma.write(at, descriptor, 0, DESCRIPTOR);
    return true;
  }

  private void received(Ring ring, int head, int free, byte[] frame, Mode mode) {
    if (mac.get(Reg.RDH) != ring.head() || mac.address(Reg.RDBAL) != ring.base()) {
      return; // reset or set up anew meanwhile
    }
    mac.set(Reg.RDH, head);
    int octets = frame.length + CRC;
    mac.count(Reg.TPR);
    mac.count(Reg.GPRC);
    mac.add(Reg.TORL, octets);
    mac.add(Reg.GORCL, octets);
    mac.count(Reg.PRC64 + sizeClass(octets));
    if (isBroadcast(frame)) {
      mac.count(Reg.BPRC);
    } else if (isMulticast(frame)) {
      mac.count(Reg.MPRC);
    }
    int threshold = ring.count() >>> (mac.get(Reg.RCTL) >>> 8 & 3) + 1;
    int cause = mode == Mode.MSIX ? Cause.RX_QUEUE_0 : Cause.RX_TIMER;
    interrupts.raiseReceived(free == threshold ? cause | THRESHOLD_HIT : cause, mode);
  }
}

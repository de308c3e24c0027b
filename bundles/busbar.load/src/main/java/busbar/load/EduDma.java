package busbar.load;

import busbar.client.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Sends random bytes into edu's buffer and back, each way ending with an interrupt, and compares
 * them. Where they come back is mapped anew from time to time.
 */
final class EduDma implements Work {
  private static final long SOURCE = 0x80;
  private static final long DESTINATION = 0x88;
  private static final long COUNT = 0x90;
  private static final long COMMAND = 0x98;
  private static final long ACKNOWLEDGE = 0x64;
  private static final int DMA_INTERRUPT = 0x100;
  private static final long DEVICE_BUFFER = 0x40000;
  private static final int START = 1;
  private static final int TO_MEMORY = 2;
  private static final int INTERRUPT = 4;
  private static final int BYTES = 4096;
  private static final int ROUNDS_PER_BUFFER = 16;
  private static final long SETTLE_NANOS = 5_000_000_000L;

  private final Card edu;
  private final Tally tally;
  private final SplittableRandom random;
  private final DmaBuffer sent;
  private DmaBuffer came;
  private int rounds;

  EduDma(Card edu, Tally tally, SplittableRandom random) {
    this.random = random;
    settle(edu);
    this.edu = edu;
    this.tally = tally;
    sent = edu.session.container().allocate(BYTES);
    came = edu.session.container().allocate(BYTES);
  }

  /**
   * What a client before this one began may be under way still, and its interrupt comes after its
   * end. The device does one thing after the other: so once an empty transfer has ended, all has
   * come.
   */
  private static void settle(Card edu) {
    awaitIdle(edu);
    edu.registers.write64(COUNT, 0);
    edu.registers.write64(COMMAND, START);
    awaitIdle(edu);
    edu.registers.write32(ACKNOWLEDGE, -1);
    edu.unexpected();
  }

  private static void awaitIdle(Card edu) {
    long end = System.nanoTime() + SETTLE_NANOS;
    while ((edu.registers.read64(COMMAND) & START) != 0) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("a DMA of " + edu.name() + " does not end");
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public String name() {
    return "dma";
  }

  @Override
  public void round() {
    if (++rounds % ROUNDS_PER_BUFFER == 0) {
      came.close();
      came = edu.session.container().allocate(BYTES);
      tally.operations.add(2);
    }
    for (int at = 0; at < BYTES; at += Long.BYTES) {
      sent.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong());
    }
    transfer("DMA to the device", sent.iova(), DEVICE_BUFFER, 0);
    transfer("DMA from the device", DEVICE_BUFFER, came.iova(), TO_MEMORY);
    compare();
  }

  private void transfer(String what, long source, long destination, int direction) {
    edu.vector.lock();
    try {
      edu.registers.write64(SOURCE, source);
      edu.registers.write64(DESTINATION, destination);
      edu.registers.write64(COUNT, BYTES);
      tally.interrupted(
          what, edu.raise(() -> edu.registers.write64(COMMAND, direction | START | INTERRUPT)));
      if ((edu.registers.read64(COMMAND) & START) != 0) {
        tally.failed(what, new IllegalStateException("its interrupt came before its end"));
      }
      edu.registers.write32(ACKNOWLEDGE, DMA_INTERRUPT);
      tally.operations.add(6);
    } finally {
      edu.vector.unlock();
    }
  }

  private void compare() {
    MemorySegment one = sent.memory();
    MemorySegment other = came.memory();
    long first = one.mismatch(other);
    if (first < 0) {
      return;
    }
    long wrong = 0;
    for (long at = first; at < BYTES; at++) {
      if (one.get(ValueLayout.JAVA_BYTE, at) != other.get(ValueLayout.JAVA_BYTE, at)) {
        wrong++;
      }
    }
    tally.wrong("%d bytes that came back differ, the first at %d".formatted(wrong, first), wrong);
  }
}

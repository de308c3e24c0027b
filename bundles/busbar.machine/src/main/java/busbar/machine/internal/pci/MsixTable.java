package busbar.machine.internal.pci;

import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;

/** The MSI-X table and the pending bits, which lie in a BAR. */
final class MsixTable {
  static final int ENTRY_BYTES = 16;
  private static final int MASKED = 1;

  private final int vectors;
  private final int tableBar;
  private final long tableOffset;
  private final int pendingBar;
  private final long pendingOffset;
  private final AtomicIntegerArray words;
  private final AtomicIntegerArray pending;

  MsixTable(ConfigSpace config, int capability) {
    vectors = (config.read(capability + 2, 2) & 0x7ff) + 1;
    int table = config.read(capability + 4, 4);
    int pendingAt = config.read(capability + 8, 4);
    tableBar = table & 7;
    tableOffset = table & 0xffff_fff8L;
    pendingBar = pendingAt & 7;
    pendingOffset = pendingAt & 0xffff_fff8L;
    words = new AtomicIntegerArray(vectors * 4);
    pending = new AtomicIntegerArray((vectors + 63) / 64 * 2);
    reset();
  }

  int vectors() {
    return vectors;
  }

  /** Every vector masked, no message, nothing pending. */
  void reset() {
    for (int vector = 0; vector < vectors; vector++) {
      words.set(vector * 4, 0);
      words.set(vector * 4 + 1, 0);
      words.set(vector * 4 + 2, 0);
      words.set(vector * 4 + 3, MASKED);
    }
    for (int i = 0; i < pending.length(); i++) {
      pending.set(i, 0);
    }
  }

  /** Whether a place in a BAR belongs to the table. */
  boolean inTable(int bar, long offset) {
    return bar == tableBar && offset - tableOffset >= 0 && offset - tableOffset < vectors * 16L;
  }

  /** Whether a place in a BAR belongs to the pending bits. */
  boolean inPending(int bar, long offset) {
    return bar == pendingBar
        && offset - pendingOffset >= 0
        && offset - pendingOffset < pending.length() * 4L;
  }

  boolean inBar(int bar) {
    return bar == tableBar || bar == pendingBar;
  }

  long readTable(long offset, int width) {
    return read(words, offset - tableOffset, width);
  }

  long readPending(long offset, int width) {
    return read(pending, offset - pendingOffset, width);
  }

  /**
   * Writes the table; the hardware takes whole 32-bit words.
   *
   * @return the vector that the write may have unmasked
   */
  int writeTable(long offset, int width, long value) {
    int at = (int) (offset - tableOffset);
    if (width == 8) {
      writeWord(at >> 2, (int) value);
      writeWord((at >> 2) + 1, (int) (value >>> 32));
    } else if (width == 4) {
      writeWord(at >> 2, (int) value);
    } else {
      int shift = 8 * (at & 3);
      int mask = ((1 << 8 * width) - 1) << shift;
      int bits = (int) value << shift;
      writeWord(at >> 2, words.get(at >> 2) & ~mask | bits & mask);
    }
    return at / ENTRY_BYTES;
  }

  private void writeWord(int word, int value) {
    words.set(word, (word & 3) == 3 ? value & MASKED : (word & 3) == 0 ? value & ~3 : value);
  }

  private static long read(AtomicIntegerArray from, long offset, int width) {
    int word = (int) (offset >> 2);
    if (width == 8) {
      return from.get(word) & 0xffff_ffffL | (long) from.get(word + 1) << 32;
    }
    long mask = width == 4 ? 0xffff_ffffL : (1L << 8 * width) - 1;
    return (from.get(word) & 0xffff_ffffL) >>> 8 * (offset & 3) & mask;
  }

  void setMessage(int vector, long address, int data) {
    words.set(vector * 4, (int) address & ~3);
    words.set(vector * 4 + 1, (int) (address >>> 32));
    words.set(vector * 4 + 2, data);
  }

  void setMasked(int vector, boolean masked) {
    words.set(vector * 4 + 3, masked ? MASKED : 0);
  }

  boolean isMasked(int vector) {
    return (words.get(vector * 4 + 3) & MASKED) != 0;
  }

  long address(int vector) {
    return words.get(vector * 4) & 0xffff_ffffL | (long) words.get(vector * 4 + 1) << 32;
  }

  int data(int vector) {
    return words.get(vector * 4 + 2);
  }

  void setPending(int vector) {
    pending.updateAndGet(vector >> 5, old -> old | 1 << (vector & 31));
  }

  /** The vectors whose pending bit is set. */
  List<Integer> pendingVectors() {
    return IntStream.range(0, vectors)
        .filter(vector -> (pending.get(vector >> 5) >>> (vector & 31) & 1) != 0)
        .boxed()
        .toList();
  }

  /** Clears a pending bit and tells whether it was set. */
  boolean takePending(int vector) {
    int bit = 1 << (vector & 31);
    return (pending.getAndUpdate(vector >> 5, old -> old & ~bit) & bit) != 0;
  }
}

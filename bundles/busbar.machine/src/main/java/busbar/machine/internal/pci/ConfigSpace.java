package busbar.machine.internal.pci;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A function's configuration space: values, and for each bit whether software can write it, clears
 * it by writing 1, and what a reset makes of it. Reads take no lock.
 */
final class ConfigSpace {
  private final AtomicIntegerArray values;
  private final int[] writable;
  private final int[] clearing;
  private final int[] resetting;
  private final int[] resetValues;

  ConfigSpace(byte[] image) {
    int words = image.length / 4;
    values = new AtomicIntegerArray(words);
    writable = new int[words];
    clearing = new int[words];
    resetting = new int[words];
    resetValues = new int[words];
    for (int at = 0; at < image.length; at += 4) {
      int word =
          image[at] & 0xff
              | (image[at + 1] & 0xff) << 8
              | (image[at + 2] & 0xff) << 16
              | image[at + 3] << 24;
      if (word != 0) {
        values.setPlain(at >> 2, word);
      }
    }
  }

  int size() {
    return values.length() * 4;
  }

  /** Reads 1, 2 or 4 bytes at a multiple of the width. */
  int read(int offset, int width) {
    return values.get(offset >> 2) >>> 8 * (offset & 3) & mask(width);
  }

  /** Writes as software does. */
  void write(int offset, int width, int value) {
    int word = offset >> 2;
    int shift = 8 * (offset & 3);
    int touched = mask(width) << shift;
    int bits = value << shift & touched;
    int takes = writable[word] & touched;
    values.updateAndGet(word, old -> (old & ~takes | bits & takes) & ~(bits & clearing[word]));
  }

  /** Writes as the hardware itself does: every bit. */
  void set(int offset, int width, int value) {
    int shift = 8 * (offset & 3);
    change(offset, mask(width) << shift, value << shift);
  }

  /** Changes some bits of a value of 1, 2 or 4 bytes. */
  void setBits(int offset, int bits, boolean on) {
    int shift = 8 * (offset & 3);
    change(offset, bits << shift, on ? bits << shift : 0);
  }

  private void change(int offset, int bits, int to) {
    values.updateAndGet(offset >> 2, old -> old & ~bits | to & bits);
  }

  /** Makes bits writable; a reset clears them. */
  void allow(int offset, int width, int bits) {
    int shift = 8 * (offset & 3);
    writable[offset >> 2] |= (bits & mask(width)) << shift;
    resetting[offset >> 2] |= (bits & mask(width)) << shift;
  }

  /** Makes bits writable that keep their value over a reset. */
  void allowSticky(int offset, int width, int bits) {
    writable[offset >> 2] |= (bits & mask(width)) << 8 * (offset & 3);
  }

  /** Takes back that bits are writable. */
  void forbid(int offset, int width) {
    int shift = 8 * (offset & 3);
    writable[offset >> 2] &= ~(mask(width) << shift);
    resetting[offset >> 2] &= ~(mask(width) << shift);
  }

  /** Makes bits clear when software writes 1. */
  void allowClearing(int offset, int width, int bits) {
    clearing[offset >> 2] |= (bits & mask(width)) << 8 * (offset & 3);
  }

  /** What a reset makes of bits that it does not clear. */
  void resetTo(int offset, int width, int value) {
    int shift = 8 * (offset & 3);
    resetting[offset >> 2] |= mask(width) << shift;
    resetValues[offset >> 2] |= (value & mask(width)) << shift;
  }

  boolean isWritable(int offset, int bits) {
    return (writable[offset >> 2] >>> 8 * (offset & 3) & bits) == bits;
  }

  /** Power-on values where a reset sets some. */
  void reset() {
    for (int word = 0; word < values.length(); word++) {
      if (resetting[word] != 0) {
        change(word * 4, resetting[word], resetValues[word]);
      }
    }
  }

  /** All bytes. */
  byte[] bytes() {
    byte[] bytes = new byte[size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values.get(i >> 2) >>> 8 * (i & 3));
    }
    return bytes;
  }

  private static int mask(int width) {
    return width == 4 ? -1 : (1 << 8 * width) - 1;
  }
}

package busbar.type1;

import busbar.api.Caller;
import busbar.api.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Which pages of one mapping were written: bit n is its n-th page.
 *
 * <p>As in the kernel, the bits are moved in place to where the mapping starts in the user's
 * bitmap, and only the mapping's own number of bits is cleared afterwards: what was moved beyond
 * them shows up in later answers. The recordings show it, so it is kept.
 */
final class DirtyBitmap {
  /** The most pages that a mapping with a bitmap can have. */
  static final long MAX_PAGES = Integer.MAX_VALUE;

  private static final int WORD_BITS = Long.SIZE;

  private final long pages;

  /** One word more than the pages need, for the move. */
  private final long[] words;

  /**
   * All clean.
   *
   * @throws busbar.api.VfioException {@code EINVAL} for more than {@link #MAX_PAGES}, {@code
   *     ENOMEM}
   */
  DirtyBitmap(long pages) {
    if (Long.compareUnsigned(pages, MAX_PAGES) > 0) {
      throw Errno.EINVAL.because(
          "a mapping of %s pages is too large for a dirty bitmap", Long.toUnsignedString(pages));
    }
    this.pages = pages;
    try {
      words = new long[words(pages) + 1];
    } catch (OutOfMemoryError e) {
      throw Errno.ENOMEM.because("no memory for a dirty bitmap of %d pages", pages);
    }
  }

  /** The bytes of whole words that hold so many bits; 2^64 bits at most. */
  static long bytes(long bits) {
    return (bits >>> 6) * Long.BYTES + ((bits & WORD_BITS - 1) == 0 ? 0 : Long.BYTES);
  }

  private static int words(long bits) {
    return Math.toIntExact(bytes(bits) / Long.BYTES);
  }

  long pages() {
    return pages;
  }

  void mark(long page) {
    words[(int) (page >>> 6)] |= 1L << page;
  }

  void mark(long from, long count) {
    change(from, from + count, true);
  }

  void markAll() {
    change(0, pages, true);
  }

  void clearAll() {
    change(0, pages, false);
  }

  private void change(long from, long to, boolean set) {
    if (from == to) {
      return;
    }
    int firstWord = (int) (from >>> 6);
    int lastWord = (int) (to - 1 >>> 6);
    long firstMask = -1L << from;
    long lastMask = -1L >>> -to;
    if (firstWord == lastWord) {
      changeWord(firstWord, firstMask & lastMask, set);
      return;
    }
    changeWord(firstWord, firstMask, set);
    Arrays.fill(words, firstWord + 1, lastWord, set ? -1 : 0);
    changeWord(lastWord, lastMask, set);
  }

  private void changeWord(int word, long mask, boolean set) {
    words[word] = set ? words[word] | mask : words[word] & ~mask;
  }

  /** Moves whole words up by {@code shift} bits, 1 to 63, as far as the moved pages reach. */
  private void moveUp(int shift) {
    for (int i = words(pages + shift) - 1; i >= 0; i--) {
      long carried = i > 0 ? words[i - 1] >>> WORD_BITS - shift : 0;
      words[i] = words[i] << shift | carried;
    }
  }

  /**
   * Writes the bits to the user's bitmap, whose bit 0 is {@code offset} pages below this mapping.
   * Bits of the user's word in which the mapping starts are kept.
   *
   * @throws busbar.api.VfioException {@code EFAULT}
   */
  void copyOut(Caller caller, long bitmap, long offset) {
    long target = bitmap + (offset >>> 6) * Long.BYTES;
    int shift = (int) (offset & WORD_BITS - 1);
    if (shift != 0) {
      moveUp(shift);
      long[] neighbours = new long[1];
      caller.memory().read(target, MemorySegment.ofArray(neighbours));
      words[0] |= neighbours[0];
    }
    MemorySegment moved = MemorySegment.ofArray(words).asSlice(0, bytes(pages + shift));
    caller.memory().write(target, moved);
  }

  /** The words, for a handover. */
  byte[] toBytes() {
    return MemorySegment.ofArray(words).toArray(ValueLayout.JAVA_BYTE);
  }

  /**
   * What {@link #toBytes} gave.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it is of another size
   */
  static DirtyBitmap of(long pages, byte[] bytes) {
    DirtyBitmap bitmap = new DirtyBitmap(pages);
    if (bytes.length != bitmap.words.length * Long.BYTES) {
      throw Errno.EINVAL.because(
          "a dirty bitmap of %d bytes does not fit %d pages", bytes.length, pages);
    }
    MemorySegment.copy(
        MemorySegment.ofArray(bytes), 0, MemorySegment.ofArray(bitmap.words), 0, bytes.length);
    return bitmap;
  }
}

package busbar.model.vga;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The adapter's memory: the framebuffer BAR, the legacy window and a successor of the model share
 * it. It is allocated at its first use, as many machines never look at their framebuffer.
 *
 * <p>Any thread.
 */
final class VideoMemory {
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long size;
  private final boolean showsText;
  private volatile MemorySegment segment;

  /**
   * Makes memory that is zero, or shows the empty text screen that the video BIOS leaves.
   *
   * @param size in bytes
   */
  VideoMemory(long size, boolean showsText) {
    this.size = size;
    this.showsText = showsText;
  }

  long size() {
    return size;
  }

  MemorySegment segment() {
    MemorySegment memory = segment;
    if (memory == null) {
      synchronized (this) {
        memory = segment;
        if (memory == null) {
          memory = Arena.ofAuto().allocate(size, 4096);
          if (showsText) {
            fillWithBlanks(memory);
          }
          segment = memory;
        }
      }
    }
    return memory;
  }

  /** Blanks with white on black in planes 0 and 1, as far as the text window reaches. */
  private static void fillWithBlanks(MemorySegment memory) {
    for (long at = 0; at < Math.min(0x10000, memory.byteSize()); at += 4) {
      memory.set(U32, at, 0x0720);
    }
  }

  /** Takes the memory of a predecessor. */
  void takeOver(MemorySegment memory) {
    segment = memory;
  }

  int readByte(long offset) {
    return segment().get(ValueLayout.JAVA_BYTE, offset) & 0xff;
  }

  void writeByte(long offset, int value) {
    segment().set(ValueLayout.JAVA_BYTE, offset, (byte) value);
  }

  /** The four planes' bytes of a planar address. */
  int readPlanes(long offset) {
    return segment().get(U32, offset);
  }

  void writePlanes(long offset, int value) {
    segment().set(U32, offset, value);
  }

  void clear(long length) {
    segment().asSlice(0, Math.min(length, size)).fill((byte) 0);
  }
}

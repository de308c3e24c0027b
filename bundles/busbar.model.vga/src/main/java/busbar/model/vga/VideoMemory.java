package busbar.model.vga;

import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The adapter's memory: the machine keeps it, the framebuffer BAR and the legacy window show it. It
 * is asked for at its first use, as many machines never look at their framebuffer.
 *
 * <p>Any thread.
 */
final class VideoMemory {
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ModelContext context;
  private final int region;
  private final long size;
  private final Object firstUseLock = new Object();
  private boolean blank;
  private volatile MemorySegment segment;

  /**
   * Memory of a region.
   *
   * @param start whether it starts as the video BIOS leaves it, an empty text screen
   */
  VideoMemory(ModelContext context, int region, Start start) {
    this.context = context;
    this.region = region;
    size = context.regionSize(region);
    blank = start == Start.TEXT_SCREEN;
  }

  /** What the memory shows at power-on. */
  enum Start {
    ZEROS,
    TEXT_SCREEN
  }

  long size() {
    return size;
  }

  /** The memory; the first call asks the machine for it and therefore comes without a lock. */
  MemorySegment segment() {
    MemorySegment memory = segment;
    if (memory == null) {
      memory = context.regionMemory(region);
      synchronized (firstUseLock) {
        if (blank) {
          blank = false;
          fillWithBlanks(memory);
        }
        segment = memory;
      }
    }
    return memory;
  }

  /** Whether nobody has looked at the memory yet, so that a successor has to fill it. */
  boolean isUntouched() {
    synchronized (firstUseLock) {
      return blank;
    }
  }

  /** Takes over from a predecessor. */
  void restore(boolean untouched) {
    synchronized (firstUseLock) {
      blank = untouched;
    }
  }

  /** Blanks with white on black in planes 0 and 1, as far as the text window reaches. */
  private static void fillWithBlanks(MemorySegment memory) {
    for (long at = 0; at < Math.min(0x10000, memory.byteSize()); at += 4) {
      memory.set(U32, at, 0x0720);
    }
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

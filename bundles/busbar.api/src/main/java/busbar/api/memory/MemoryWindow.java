package busbar.api.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A window with nothing but memory behind it: a framebuffer.
 *
 * @param physical see {@link MmioWindow#physical}
 * @param memory what loads and stores reach
 */
public record MemoryWindow(long physical, MemorySegment memory) implements MmioWindow {
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public long size() {
    return memory.byteSize();
  }

  @Override
  public long load(long offset, int width) {
    return switch (width) {
      case 1 -> memory.get(ValueLayout.JAVA_BYTE, offset) & 0xffL;
      case 2 -> memory.get(LE16, offset) & 0xffffL;
      case 4 -> memory.get(LE32, offset) & 0xffff_ffffL;
      default -> memory.get(LE64, offset);
    };
  }

  @Override
  public void store(long offset, int width, long value) {
    switch (width) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
      case 2 -> memory.set(LE16, offset, (short) value);
      case 4 -> memory.set(LE32, offset, (int) value);
      default -> memory.set(LE64, offset, value);
    }
  }
}

package busbar.pci;

import busbar.api.Errno;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.LegacyVga;
import java.lang.foreign.MemorySegment;

/** The legacy ranges of a VGA device: 0xA0000 to 0xBFFFF in memory, 0x3B0 to 0x3DF in ports. */
final class Vga {
  static final long REGION_SIZE = 0xc0000;
  private static final long MEMORY = 0xa0000;
  private static final long PORTS = 0x3b0;
  private static final int WIDEST = 4;

  /** A range, its window and where in the window it starts. */
  private record Range(long start, long end, MmioWindow window, long base) {}

  private final Range[] ranges;

  Vga(LegacyVga vga) {
    ranges =
        new Range[] {
          new Range(MEMORY, REGION_SIZE, vga.memory(), MEMORY),
          new Range(PORTS, 0x3bc, vga.ports(), PORTS),
          new Range(0x3c0, 0x3e0, vga.ports(), PORTS)
        };
  }

  private Range range(long position) {
    for (Range range : ranges) {
      if (position >= range.start() && position < range.end()) {
        return range;
      }
    }
    throw Errno.EINVAL.because("0x%x is no legacy VGA address", position);
  }

  int read(MemorySegment buffer, long position) {
    Range range = range(position);
    int count = clip(range, buffer, position);
    for (int done = 0; done < count; ) {
      long at = position + done;
      int width = Bars.alignedWidth(at, count - done, WIDEST);
      LittleEndian.put(buffer, done, width, range.window().load(at - range.base(), width));
      done += width;
    }
    return count;
  }

  int write(MemorySegment buffer, long position) {
    Range range = range(position);
    int count = clip(range, buffer, position);
    for (int done = 0; done < count; ) {
      long at = position + done;
      int width = Bars.alignedWidth(at, count - done, WIDEST);
      range.window().store(at - range.base(), width, LittleEndian.get(buffer, done, width));
      done += width;
    }
    return count;
  }

  private static int clip(Range range, MemorySegment buffer, long position) {
    return (int) Math.min(buffer.byteSize(), range.end() - position);
  }
}

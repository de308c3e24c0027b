package busbar.pci;

import busbar.api.memory.MmioWindow;
import java.util.ArrayList;
import java.util.List;

/** Registers that remember bytes and list the accesses that reach them. */
final class FakeWindow implements MmioWindow {
  final byte[] bytes;
  final List<String> accesses = new ArrayList<>();
  private final long physical;

  FakeWindow(long physical, long size) {
    this.physical = physical;
    bytes = new byte[(int) size];
  }

  @Override
  public long physical() {
    return physical;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public long load(long offset, int width) {
    accesses.add("r" + width + "@" + offset);
    return width < 8
        ? LittleEndian.get(bytes, (int) offset, width) & 0xffff_ffffL >>> 32 - 8 * width
        : LittleEndian.get(bytes, (int) offset, 4) & 0xffff_ffffL
            | (long) LittleEndian.get(bytes, (int) offset + 4, 4) << 32;
  }

  @Override
  public void store(long offset, int width, long value) {
    accesses.add("w" + width + "@" + offset);
    for (int i = 0; i < width; i++) {
      bytes[(int) offset + i] = (byte) (value >>> 8 * i);
    }
  }
}

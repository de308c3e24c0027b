package busbar.client;

import busbar.api.Errno;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.VfioFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A region of a device: a BAR, configuration space, a register block. Values are little-endian.
 *
 * <p>Accesses throw {@link busbar.api.VfioException}: {@code EINVAL} beyond the region, {@code EIO}
 * where only part of it could be accessed or the device does not answer.
 */
public final class Region {
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** One buffer for each width and thread: a register access allocates nothing. */
  private static final ThreadLocal<MemorySegment[]> BUFFERS =
      ThreadLocal.withInitial(
          () -> {
            MemorySegment eight = MemorySegment.ofArray(new byte[8]);
            return new MemorySegment[] {
              eight.asSlice(0, 1), eight.asSlice(0, 2), eight.asSlice(0, 4), eight
            };
          });

  private final VfioFile file;
  private final RegionInfo info;

  Region(VfioFile file, RegionInfo info) {
    this.file = file;
    this.info = info;
  }

  /** All that the device tells of it. */
  public RegionInfo info() {
    return info;
  }

  public int index() {
    return info.index();
  }

  /** In bytes; 0 if the device does not have it. */
  public long size() {
    return info.size();
  }

  /** Where it starts in the device file. */
  public long offset() {
    return info.offset();
  }

  /** Whether {@link #map} works for it. */
  public boolean canMap() {
    return info.canMap();
  }

  public int read8(long at) {
    MemorySegment buffer = BUFFERS.get()[0];
    read(at, buffer);
    return buffer.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
  }

  public int read16(long at) {
    MemorySegment buffer = BUFFERS.get()[1];
    read(at, buffer);
    return buffer.get(LE16, 0) & 0xffff;
  }

  public int read32(long at) {
    MemorySegment buffer = BUFFERS.get()[2];
    read(at, buffer);
    return buffer.get(LE32, 0);
  }

  public long read64(long at) {
    MemorySegment buffer = BUFFERS.get()[3];
    read(at, buffer);
    return buffer.get(LE64, 0);
  }

  public void write8(long at, int value) {
    MemorySegment buffer = BUFFERS.get()[0];
    buffer.set(ValueLayout.JAVA_BYTE, 0, (byte) value);
    write(at, buffer);
  }

  public void write16(long at, int value) {
    MemorySegment buffer = BUFFERS.get()[1];
    buffer.set(LE16, 0, (short) value);
    write(at, buffer);
  }

  public void write32(long at, int value) {
    MemorySegment buffer = BUFFERS.get()[2];
    buffer.set(LE32, 0, value);
    write(at, buffer);
  }

  public void write64(long at, long value) {
    MemorySegment buffer = BUFFERS.get()[3];
    buffer.set(LE64, 0, value);
    write(at, buffer);
  }

  /** Fills the buffer from the region; {@code EIO} if the region ends earlier. */
  public void read(long at, MemorySegment buffer) {
    check(file.read(buffer, info.offset() + at), buffer, at);
  }

  /** Stores the buffer into the region; {@code EIO} if the region ends earlier. */
  public void write(long at, MemorySegment buffer) {
    check(file.write(buffer, info.offset() + at), buffer, at);
  }

  private void check(int done, MemorySegment buffer, long at) {
    if (done != buffer.byteSize()) {
      throw Errno.EIO.because(
          "%d of %d bytes at 0x%x of region %d were accessed",
          done, buffer.byteSize(), at, info.index());
    }
  }

  /**
   * Maps part of the region into the client.
   *
   * @param at page-aligned
   * @throws busbar.api.VfioException {@code EINVAL} if the region cannot be mapped or ends earlier
   */
  public Mapping map(long at, long length) {
    return file.mmap(MmapRequest.shared(info.offset() + at, length));
  }
}

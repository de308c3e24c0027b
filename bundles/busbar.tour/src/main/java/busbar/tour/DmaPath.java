package busbar.tour;

import busbar.client.DeviceSession;
import busbar.client.DmaBuffer;
import busbar.client.IommuType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How memory is given to the device: by the backend that the place has. */
interface DmaPath extends AutoCloseable {
  /** Allocates memory and lets the device reach it. */
  void map(DeviceSession session, long size);

  long iova();

  long size();

  /** The bytes, as the program sees them. */
  MemorySegment memory();

  /** An address that the device can send and nothing is mapped at. */
  long unmapped();

  @Override
  void close();

  default void write(long at, byte[] bytes) {
    MemorySegment.copy(bytes, 0, memory(), ValueLayout.JAVA_BYTE, at, bytes.length);
  }

  default byte[] read(long at, int count) {
    return memory().asSlice(at, count).toArray(ValueLayout.JAVA_BYTE);
  }

  /** The path for a backend. */
  static DmaPath of(IommuType type) {
    return type == IommuType.SPAPR_TCE_V2 ? new SpaprPath() : new Type1Path();
  }

  /** By {@code MAP_DMA} of a type1 container. */
  final class Type1Path implements DmaPath {
    /** The edu device sends 28 address bits. */
    private static final long UNMAPPED = 0x0f00_0000;

    private DmaBuffer buffer;

    @Override
    public void map(DeviceSession session, long size) {
      buffer = session.container().allocate(size);
    }

    @Override
    public long iova() {
      return buffer.iova();
    }

    @Override
    public long size() {
      return buffer.size();
    }

    @Override
    public MemorySegment memory() {
      return buffer.memory();
    }

    @Override
    public long unmapped() {
      return UNMAPPED;
    }

    @Override
    public void close() {
      if (buffer != null) {
        buffer.close();
      }
    }
  }
}

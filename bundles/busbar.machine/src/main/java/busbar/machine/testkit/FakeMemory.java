package busbar.machine.testkit;

import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.TreeMap;

/**
 * Memory as a device reaches it: ranges that a test maps, anything else is refused. Reads that are
 * refused give ones, writes are dropped.
 */
public final class FakeMemory implements DmaPort {
  private static final int PAGE = 4096;

  private final TreeMap<Long, byte[]> pages = new TreeMap<>();
  private Runnable beforeAccess = () -> {};
  private int refused;

  /** Makes {@code length} bytes reachable, in whole pages, filled with zeros. */
  public synchronized FakeMemory map(long iova, long length) {
    for (long page = iova / PAGE; page * PAGE < iova + length; page++) {
      pages.putIfAbsent(page, new byte[PAGE]);
    }
    return this;
  }

  /** Makes pages unreachable. */
  public synchronized void unmap(long iova, long length) {
    for (long page = iova / PAGE; page * PAGE < iova + length; page++) {
      pages.remove(page);
    }
  }

  /** Runs on the device's thread before each access of the device: to hold it or to interfere. */
  public synchronized void beforeAccess(Runnable action) {
    beforeAccess = action;
  }

  /** How many accesses of the device were refused. */
  public synchronized int refused() {
    return refused;
  }

  /** Writes bytes, as the processor does. */
  public synchronized void put(long iova, byte... bytes) {
    copy(iova, MemorySegment.ofArray(bytes), 0, bytes.length, Direction.TO_MEMORY);
  }

  /** Reads bytes, as the processor does. */
  public synchronized byte[] get(long iova, int length) {
    byte[] bytes = new byte[length];
    copy(iova, MemorySegment.ofArray(bytes), 0, length, Direction.FROM_MEMORY);
    return bytes;
  }

  /** Writes a little-endian number. */
  public void put(long iova, int width, long value) {
    byte[] bytes = new byte[width];
    for (int at = 0; at < width; at++) {
      bytes[at] = (byte) (value >>> (8 * at));
    }
    put(iova, bytes);
  }

  /** Reads an unsigned little-endian number. */
  public long get64(long iova, int width) {
    byte[] bytes = get(iova, width);
    long value = 0;
    for (int at = 0; at < width; at++) {
      value |= (bytes[at] & 0xffL) << (8 * at);
    }
    return value;
  }

  @Override
  public boolean read(long iova, MemorySegment target, long targetOffset, long length) {
    return access(iova, target, targetOffset, length, Direction.FROM_MEMORY);
  }

  @Override
  public boolean write(long iova, MemorySegment source, long sourceOffset, long length) {
    return access(iova, source, sourceOffset, length, Direction.TO_MEMORY);
  }

  private boolean access(long iova, MemorySegment buffer, long at, long length, Direction way) {
    Runnable before;
    synchronized (this) {
      before = beforeAccess;
    }
    before.run();
    synchronized (this) {
      boolean all = copy(iova, buffer, at, length, way);
      if (!all) {
        refused++;
      }
      return all;
    }
  }

  private boolean copy(long iova, MemorySegment buffer, long at, long length, Direction way) {
    boolean all = true;
    for (long done = 0; done < length; ) {
      long address = iova + done;
      int inPage = (int) (address & (PAGE - 1));
      long step = Math.min(length - done, PAGE - inPage);
      byte[] page = pages.get(address >>> 12);
      if (page == null) {
        all = false;
        if (way == Direction.FROM_MEMORY) {
          buffer.asSlice(at + done, step).fill((byte) 0xff);
        }
      } else if (way == Direction.FROM_MEMORY) {
        MemorySegment.copy(page, inPage, buffer, ValueLayout.JAVA_BYTE, at + done, (int) step);
      } else {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at + done, page, inPage, (int) step);
      }
      done += step;
    }
    return all;
  }

  private enum Direction {
    FROM_MEMORY,
    TO_MEMORY
  }
}

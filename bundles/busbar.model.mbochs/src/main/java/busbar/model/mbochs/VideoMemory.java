package busbar.model.mbochs;

import busbar.api.Errno;
import busbar.api.memory.MemoryWindow;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The memory of a display: taken at the first use and given back when the display is closed. Any
 * thread.
 */
final class VideoMemory {
  private static final long PAGE = 4096;

  private final PhysicalMemory physicalMemory;
  private final int size;
  private final Object windowLock = new Object();
  private volatile MemoryWindow window;

  VideoMemory(PhysicalMemory physicalMemory, int size) {
    this.physicalMemory = physicalMemory;
    this.size = size;
  }

  int size() {
    return size;
  }

  MemoryWindow window() {
    MemoryWindow now = window;
    if (now != null) {
      return now;
    }
    synchronized (windowLock) {
      if (window == null) {
        // collected when nobody can reach it any more: a device may still write to it
        var memory = Arena.ofAuto().allocate(size, PAGE);
        window = new MemoryWindow(physicalMemory.add(memory), memory);
      }
      return window;
    }
  }

  /** The memory if it was used, for a successor. */
  Optional<MemoryWindow> used() {
    return Optional.ofNullable(window);
  }

  /**
   * The memory of a predecessor.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it is not what is at that address, or of
   *     another size
   */
  MemoryWindow check(long physical, MemorySegment memory) {
    MemorySegment block = physicalMemory.segment(physical);
    if (block == null || block.address() != memory.address() || memory.byteSize() != size) {
      throw Errno.EINVAL.because("no video memory of %d bytes is at 0x%x", size, physical);
    }
    return new MemoryWindow(physical, memory);
  }

  void inherit(MemoryWindow inherited) {
    synchronized (windowLock) {
      drop();
      window = inherited;
    }
  }

  /** A successor has the memory. */
  void forget() {
    synchronized (windowLock) {
      window = null;
    }
  }

  void drop() {
    synchronized (windowLock) {
      if (window != null) {
        physicalMemory.remove(window.physical());
        window = null;
      }
    }
  }
}

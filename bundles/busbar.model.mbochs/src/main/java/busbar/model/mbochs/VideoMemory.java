package busbar.model.mbochs;

import busbar.api.memory.MemoryWindow;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.Arena;

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

  void drop() {
    synchronized (windowLock) {
      if (window != null) {
        physicalMemory.remove(window.physical());
        window = null;
      }
    }
  }
}

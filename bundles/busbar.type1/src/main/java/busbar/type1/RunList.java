package busbar.type1;

import busbar.api.memory.PhysicalMemory;

/** Physically contiguous runs on their way from the page table to being unpinned; reused. */
final class RunList {
  /** As many as the kernel gathers before one flush. */
  private static final int CAPACITY = 512;

  private final long[] physical = new long[CAPACITY];
  private final long[] length = new long[CAPACITY];
  private int count;

  boolean isFull() {
    return count == CAPACITY;
  }

  void add(long address, long bytes) {
    physical[count] = address;
    length[count] = bytes;
    count++;
  }

  void unpinAll(PhysicalMemory memory) {
    for (int i = 0; i < count; i++) {
      memory.unpin(physical[i], length[i]);
    }
    count = 0;
  }
}

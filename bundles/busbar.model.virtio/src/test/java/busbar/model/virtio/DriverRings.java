package busbar.model.virtio;

import busbar.machine.testkit.FakeMemory;

/** The driver's side of one split virtqueue of eight entries, in a test's memory. */
final class DriverRings {
  static final long DESCRIPTORS = 0x10000;
  static final long AVAILABLE = 0x11000;
  static final long USED = 0x12000;
  static final long BUFFERS = 0x20000;
  static final long INDIRECT = 0x30000;

  private final FakeMemory memory;
  private int added;

  DriverRings(FakeMemory memory) {
    this.memory = memory;
    memory.map(DESCRIPTORS, 0x3000).map(BUFFERS, 0x8000).map(INDIRECT, 0x1000);
  }

  void describe(long table, int index, long address, int length, int flags, int next) {
    long at = table + 16L * index;
    memory.put(at, 8, address);
    memory.put(at + 8, 4, length);
    memory.put(at + 12, 2, flags);
    memory.put(at + 14, 2, next);
  }

  /** Puts a chain with this head into the available ring. */
  void add(int head) {
    memory.put(AVAILABLE + 4 + 2L * (added % 8), 2, head);
    added++;
    memory.put(AVAILABLE + 2, 2, added);
  }

  void addBuffer(int head, int length) {
    describe(DESCRIPTORS, head, BUFFERS + 0x1000L * head, length, 2, 0);
    add(head);
  }

  int usedIndex() {
    return (int) memory.get64(USED + 2, 2);
  }

  long usedId(int position) {
    return memory.get64(USED + 4 + 8L * (position % 8), 4);
  }

  long usedLength(int position) {
    return memory.get64(USED + 8 + 8L * (position % 8), 4);
  }
}

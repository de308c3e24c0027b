package busbar.model.nvme;

/** A ring of completions. The controller lock guards it. */
final class CompletionQueue {
  static final int ENTRY = 16;

  /** No interrupt is sent for its entries. */
  static final int SILENT = -1;

  final int id;
  final long base;
  final int entries;
  final int vector;
  int head;
  int tail;
  int phase = 1;

  /** How many submission queues lead here. */
  int users;

  CompletionQueue(int id, long base, int entries, int vector) {
    this.id = id;
    this.base = base;
    this.entries = entries;
    this.vector = vector;
  }

  boolean isFull() {
    return (tail + 1) % entries == head;
  }

  boolean interrupts() {
    return vector != SILENT && tail != head;
  }

  /** The address of the entry that is written next. */
  long slot() {
    return base + (long) tail * ENTRY;
  }

  void advance() {
    tail++;
    if (tail == entries) {
      tail = 0;
      phase ^= 1;
    }
  }
}

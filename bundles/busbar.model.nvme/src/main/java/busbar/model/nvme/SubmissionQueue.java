package busbar.model.nvme;

/** A ring of commands. The controller lock guards it. */
final class SubmissionQueue {
  final int id;
  final long base;
  final int entries;
  final int completionQueue;
  int head;
  int tail;

  SubmissionQueue(int id, long base, int entries, int completionQueue) {
    this.id = id;
    this.base = base;
    this.entries = entries;
    this.completionQueue = completionQueue;
  }

  boolean isEmpty() {
    return head == tail;
  }

  /** Takes the next entry: its address. */
  long take() {
    long address = base + (long) head * Command.SIZE;
    head = head + 1 == entries ? 0 : head + 1;
    return address;
  }
}

package busbar.load;

import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What went wrong under a load. Any thread. */
final class Tally {
  private static final int TOLD = 10;

  final LongAdder operations = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder interrupts = new LongAdder();
  final LongAdder lost = new LongAdder();
  final LongAdder doubled = new LongAdder();
  final LongAdder wrongBytes = new LongAdder();

  private final AtomicInteger told = new AtomicInteger();
  private final ConcurrentLinkedQueue<String> sentences = new ConcurrentLinkedQueue<>();

  /** An operation that had to work failed. */
  void failed(String what, Throwable reason) {
    failed.increment();
    tell(what + " failed: " + reason);
    if (reason instanceof Error && !(reason instanceof AssertionError)) {
      reason.printStackTrace();
    }
  }

  /** Something was read that is not what was written. */
  void wrong(String what, long bytes) {
    wrongBytes.add(bytes);
    tell(what);
  }

  /** A value was read that is known. */
  void expect(String what, long read, long expected) {
    if (read != expected) {
      wrong(
          "the %s is 0x%x, and 0x%x was written or stands there".formatted(what, read, expected),
          1);
    }
  }

  /**
   * An eventfd counted after one interrupt was raised.
   *
   * @param count 0 if it did not within the patience
   */
  void interrupted(String what, long count) {
    interrupts.increment();
    if (count == 0) {
      lost.increment();
      tell(what + ": an interrupt was raised and did not come");
    } else if (count > 1) {
      doubled.add(count - 1);
      tell(what + ": an interrupt was raised once and came " + count + " times");
    }
  }

  /** An eventfd counted when all was over. */
  void late(String what, long count) {
    if (count > 0) {
      doubled.add(count);
      tell(what + ": " + count + " interrupts came that nobody raised");
    }
  }

  boolean isClean() {
    return failed.sum() + lost.sum() + doubled.sum() + wrongBytes.sum() == 0;
  }

  void tell(String sentence) {
    if (told.getAndIncrement() < TOLD) {
      sentences.add(LocalTime.now().truncatedTo(ChronoUnit.MILLIS) + " " + sentence);
    }
  }

  /** The first of all that went wrong, a sentence each. */
  Stream<String> sentences() {
    return sentences.stream();
  }
}

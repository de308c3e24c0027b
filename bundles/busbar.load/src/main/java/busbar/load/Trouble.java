package busbar.load;

import busbar.api.Errno;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What a bad successor does when it is to take over. */
final class Trouble {
  /** The kinds. */
  enum Kind {
    /** It throws while it looks at what it would get. */
    FAILS_IN_PREPARATION,
    /** It says that the state is not acceptable. */
    REFUSES,
    /** It throws what is no errno. */
    THROWS,
    /** It does not return before the deadline is long over. */
    HANGS,
    /** It takes over, and its service goes meanwhile. */
    DISAPPEARS
  }

  private static final long HANG_MILLIS = 10_000;
  private static final long GO_MILLIS = 100;

  final Kind kind;
  private final CountDownLatch released = new CountDownLatch(1);
  private volatile Runnable disappearing = () -> {};

  Trouble(Kind kind) {
    this.kind = kind;
  }

  /** How its service goes. */
  void disappearing(Runnable how) {
    disappearing = how;
  }

  /** Who hangs may return. */
  void release() {
    released.countDown();
  }

  void inPreparation() {
    if (kind == Kind.FAILS_IN_PREPARATION) {
      throw new IllegalStateException("a bad successor fails in its preparation");
    }
  }

  /** Returns only if the kind is to disappear, or was interrupted or released while it hung. */
  void inRestore() {
    switch (kind) {
      case REFUSES -> throw Errno.EINVAL.because("a bad successor refuses the state");
      case THROWS -> throw new IllegalStateException("a bad successor throws");
      case HANGS -> {
        await(HANG_MILLIS, released);
        throw Errno.ETIMEDOUT.because("a bad successor hung");
      }
      case DISAPPEARS -> disappear();
      case FAILS_IN_PREPARATION -> throw new IllegalStateException("called after it had failed");
    }
  }

  /** On a thread of its own, as a framework does it; nobody waits for each other for ever. */
  private void disappear() {
    CountDownLatch gone = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(
            () -> {
              disappearing.run();
              gone.countDown();
            });
    await(GO_MILLIS, gone);
  }

  private static void await(long millis, CountDownLatch latch) {
    try {
      latch.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

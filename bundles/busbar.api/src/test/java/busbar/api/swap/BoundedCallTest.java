package busbar.api.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BoundedCallTest {
  private static final long DEADLINE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static void hang(boolean keepsTheInterrupt) {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      if (keepsTheInterrupt) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean interruptedInWhatFollows(boolean keepsTheInterrupt) throws Exception {
    CompletableFuture<Boolean> late = new CompletableFuture<>();
    try (BoundedCall calls = new BoundedCall("test", DEADLINE_NANOS)) {
      assertThatThrownBy(
              () ->
                  calls.call(
                      "hanging",
                      () -> {
                        hang(keepsTheInterrupt);
                        return null;
                      },
                      () -> late.complete(Thread.currentThread().isInterrupted())))
          .isInstanceOfSatisfying(
              VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
      assertThat(calls.hangs()).isTrue();
    }
    return late.get(20, TimeUnit.SECONDS);
  }

  @Test
  void whatFollowsACallThatHungRunsWhenItReturns() throws Exception {
    assertThat(interruptedInWhatFollows(false)).isFalse();
  }

  @Test
  void itRunsAlsoIfTheCallKeptItsInterruptAsIsProper() throws Exception {
    assertThat(interruptedInWhatFollows(true)).isFalse();
  }
}

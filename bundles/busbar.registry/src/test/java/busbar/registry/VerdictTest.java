package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static Verdict verdict(long deadlineNanos) {
    Verdict verdict = new Verdict("driver", "a device", deadlineNanos);
    verdict.begin();
    verdict.drained();
    return verdict;
  }

  @Test
  void whoReturnsAfterTheDeadlineIsLateEvenIfNobodyGaveHimUpYet() {
    Verdict verdict = verdict(-1);
    assertThat(Rig.errno(verdict::done)).isEqualTo(Errno.ETIMEDOUT);
    assertThat(verdict.isDone()).isFalse();
    assertThat(verdict.failed()).as("the caller undoes").isTrue();
  }

  @Test
  void whoWasGivenUpIsNotDone() {
    Verdict verdict = verdict(TimeUnit.MINUTES.toNanos(1));
    assertThat(verdict.giveUp()).isTrue();
    assertThat(Rig.errno(verdict::done)).isEqualTo(Errno.ECANCELED);
    assertThat(verdict.failed()).as("who gave it up undoes").isFalse();
  }

  @Test
  void whoIsDoneIsNotGivenUp() {
    Verdict verdict = verdict(TimeUnit.MINUTES.toNanos(1));
    verdict.done();
    verdict.over();
    assertThat(verdict.giveUp()).isFalse();
    assertThat(verdict.isDone()).isTrue();
  }
}

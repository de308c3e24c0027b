package busbar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BootClockTest {

  @Test
  void theShellsClockIsReadInAnyLanguage() {
    assertThat(BootClock.startedAt("1700000000.250400").startMillis())
        .isEqualTo(1_700_000_000_250L);
    assertThat(BootClock.startedAt("1700000000,250400").startMillis())
        .isEqualTo(1_700_000_000_250L);
  }

  @Test
  void withoutTheShellsClockTheLaunchersOwnStartCounts() {
    assertThat(BootClock.startedAt("").elapsedMillis()).isBetween(0L, 60_000L);
  }
}

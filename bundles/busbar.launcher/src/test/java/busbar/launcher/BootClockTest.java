package busbar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BootClockTest {

  @Test
  void theShellsClockIsReadInAnyLanguage() {
    assertThat(BootClock.startMillis("1700000000.250400")).isEqualTo(1_700_000_000_250L);
    assertThat(BootClock.startMillis("1700000000,250400")).isEqualTo(1_700_000_000_250L);
  }

  @Test
  void withoutTheShellsClockTheLaunchersOwnStartCounts() {
    assertThat(BootClock.startMillis(""))
        .isCloseTo(System.currentTimeMillis(), org.assertj.core.data.Offset.offset(600_000L));
  }
}

package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Swaps, clients and failures at random, and the swap benchmark in small. */
class PlainSoakIT {
  private static final int SECONDS = Boolean.getBoolean("busbar.long") ? 600 : 20;
  private static final int AFTERWARDS = 120;

  @Test
  void nothingIsLeftAfterASoak() throws Exception {
    LaunchedProcess soak =
        LaunchedProcess.within(
            SECONDS + AFTERWARDS,
            "soak",
            "--feature",
            "load",
            "--seconds",
            Integer.toString(SECONDS),
            "--seed",
            "1");
    assertThat(soak.output()).as(soak.error()).endsWith("Nothing is left.\n");
    assertThat(soak.status()).isZero();
  }

  /** Times are not for a machine that builds; everything else is. */
  @Test
  void swapsUnderLoadLoseNothing() throws Exception {
    LaunchedProcess bench =
        LaunchedProcess.of("bench-swap", "--feature", "load", "--swaps", "20", "--no-times");
    assertThat(bench.output()).as(bench.error()).endsWith("All as it must be.\n");
    assertThat(bench.status()).isZero();
  }
}

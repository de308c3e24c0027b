package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The launcher as a process: its exit status and what it says. */
class PlainLaunchIT {

  @Test
  void theShellRunsWhatIsTypedAndEndsWithItsInput() throws Exception {
    LaunchedProcess process = LaunchedProcess.withInput("echo $prompt\nlb -s\n", "run");
    assertThat(process.output()).contains("busbar>").contains("busbar.registry");
    assertThat(process.status()).isZero();
  }

  @Test
  void aCommandThatNoBundleOffersIsNamed() throws Exception {
    LaunchedProcess process = LaunchedProcess.of("nonsense", "--timeout", "1");
    assertThat(process.error())
        .startsWith("busbar: the command nonsense did not come up within 1 s");
    assertThat(process.status()).isEqualTo(1);
  }

  @Test
  void aMachineFileThatIsNotThereIsNamed() throws Exception {
    LaunchedProcess process = LaunchedProcess.of("run", "--machine", "nowhere.json");
    assertThat(process.error()).isEqualTo("busbar: there is no machine file nowhere.json\n");
    assertThat(process.status()).isEqualTo(1);
  }

  @Test
  void wrongUsageHasAStatusOfItsOwn() throws Exception {
    LaunchedProcess process = LaunchedProcess.of("run", "--headles");
    assertThat(process.error()).isEqualTo("busbar: run: unknown argument --headles\n");
    assertThat(process.status()).isEqualTo(2);
  }
}

package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void whatLiesInTheDeployFolderIsInstalledBeside(@TempDir Path folder) throws Exception {
    Variants.write("busbar.pci", "1.0.1", folder.resolve("pci.jar"));
    LaunchedProcess process =
        LaunchedProcess.withInput(
            "vfio:slots 0000:00:04.0\nvfio:swap 0000:00:04.0 vfio-pci@1.0.1\n",
            "run",
            "--deploy",
            folder.toString());
    assertThat(process.output())
        .contains(" vfio-pci@1.0.1  no")
        .contains("vfio-pci@1.0.0.SNAPSHOT -> vfio-pci@1.0.1, done")
        .contains("undo: vfio:swap 0000:00:04.0 vfio-pci@1.0.0.SNAPSHOT");
    assertThat(process.status()).isZero();
  }

  @Test
  void theShellGoesToAnotherFeatureAndBack() throws Exception {
    LaunchedProcess process =
        LaunchedProcess.withInput(
            "vfio:good\n"
                + "vfio:feature gateway\n"
                + "vfio:mdev-types\n"
                + "vfio:rollback\n"
                + "vfio:feature appliance --dry-run\n",
            "run");
    assertThat(process.output())
        .contains("start busbar.mdev")
        .contains("mtty-1")
        .contains("uninstall busbar.mdev")
        .contains("feature appliance: possible: nothing differs");
    assertThat(process.status()).isZero();
  }
}

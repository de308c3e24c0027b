package busbar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptionsTest {

  @TempDir private Path home;

  @Test
  void withoutArgumentsTheApplianceRunsWithItsShell() throws Exception {
    Options options = Options.parse();
    assertThat(options.runs()).isTrue();
    assertThat(options.interactive()).isTrue();
    assertThat(options.machine()).isNull();
    assertThat(options.logLevel()).isEqualTo(Level.WARNING);
  }

  @Test
  void aHeadlessApplianceHasNoShell() throws Exception {
    assertThat(Options.parse("run", "--headless").interactive()).isFalse();
    assertThat(Options.parse("tour").interactive()).isFalse();
  }

  @Test
  void whatTheLauncherDoesNotKnowIsHandedToTheCommandInItsOrder() throws Exception {
    Options options =
        Options.parse("conform", "a", "--kernel", "7.3", "--log", "INFO", "b", "--diff");
    assertThat(options.command()).isEqualTo("conform");
    assertThat(options.commandArguments()).containsExactly("a", "--kernel", "7.3", "b", "--diff");
    assertThat(options.logLevel()).isEqualTo(Level.INFO);
  }

  @Test
  void aShippedFeatureIsFoundByItsName() throws Exception {
    Path shipped = home.resolve("features/small.json");
    Files.createDirectories(shipped.getParent());
    Files.writeString(shipped, "{}");
    assertThat(Options.parse("--home", home.toString(), "--feature", "small").feature())
        .isEqualTo(shipped);
  }

  @Test
  void theLastFeatureWins() throws Exception {
    Path given = Files.writeString(home.resolve("own.json"), "{}");
    assertThat(Options.parse("--feature", "conformance", "--feature", given.toString()).feature())
        .isEqualTo(given);
  }

  @Test
  void aFileThatDoesNotExistIsNamed() {
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> Options.parse("--machine", "nowhere.json").machine())
        .withMessage("there is no machine file nowhere.json");
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> Options.parse("--feature", "nowhere").feature())
        .withMessage("there is no feature file nowhere");
  }

  @Test
  void aDeployFolderIsThereAndBelongsToAnApplianceThatStays() throws Exception {
    assertThat(Options.parse("run").deploy()).isNull();
    assertThat(Options.parse("run", "--deploy", home.toString()).deploy()).isEqualTo(home);
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> Options.parse("--deploy", "nowhere").deploy())
        .withMessage("there is no folder nowhere");
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> Options.parse("tour", "--deploy", home.toString()).deploy())
        .withMessage("--deploy is an option of run, not of tour");
  }

  @Test
  void runTakesNoOtherArguments() {
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> Options.parse("run", "--headles"))
        .withMessage("run: unknown argument --headles");
  }

  @Test
  void valuesThatAreNoneAreRefused() {
    assertRefused("--log LOUD: not a level; one of WARNING, INFO, FINE, ALL, OFF", "--log", "LOUD");
    assertRefused("--timeout soon: not a number of seconds", "--timeout", "soon");
    assertRefused("--machine lacks its value", "run", "--machine");
  }

  private static void assertRefused(String message, String... arguments) {
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> Options.parse(arguments))
        .withMessage(message);
  }
}

package busbar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.service.feature.ID;

class FeatureFileTest {

  private static final String FEATURE =
      """
      {
        "feature-resource-version": "1.0",
        "id": "busbar:busbar.test:osgifeature:1.0.0",
        "bundles": [
          { "id": "busbar:busbar.api:1.0.0" },
          { "id": "busbar:busbar.shell:1.0.0", "interactive": true },
          { "id": "apache:fileinstall:1.0.0", "deploy": true }
        ],
        "configurations": { "busbar.registry": { "graceMillis:Integer": 64, "name": "x" } },
        "variables": { "busbar.ready": "(objectClass=busbar.api.Vfio)" }
      }
      """;

  @TempDir private Path folder;

  @Test
  void bundlesComeInTheOrderOfTheFile() throws Exception {
    assertThat(read(FEATURE).bundles(true, false))
        .extracting(ID::getArtifactId)
        .containsExactly("busbar.api", "busbar.shell");
  }

  @Test
  void interactiveBundlesAreLeftOutOfAHeadlessAppliance() throws Exception {
    assertThat(read(FEATURE).bundles(false, false))
        .extracting(ID::getArtifactId)
        .containsExactly("busbar.api");
  }

  @Test
  void aFolderIsWatchedOnlyIfThatWasAskedFor() throws Exception {
    assertThat(read(FEATURE).bundles(false, true))
        .extracting(ID::getArtifactId)
        .containsExactly("busbar.api", "fileinstall");
    assertThat(read(FEATURE).canDeploy()).isTrue();
    assertThat(read("{ \"feature-resource-version\": \"1.0\", \"id\": \"a:b:1\" }").canDeploy())
        .isFalse();
  }

  @Test
  void configurationsKeepTheirTypes() throws Exception {
    assertThat(read(FEATURE).configurations())
        .isEqualTo(Map.of("busbar.registry", Map.of("graceMillis", 64, "name", "x")));
  }

  @Test
  void theReadyFilterIsAVariable() throws Exception {
    assertThat(read(FEATURE).ready()).isEqualTo("(objectClass=busbar.api.Vfio)");
    assertThat(read("{ \"feature-resource-version\": \"1.0\", \"id\": \"a:b:1\" }").ready())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{ \"id\": } | line 1 column 9",
        "[] | a feature is a JSON object",
        "{ \"bundles\": [] } | \"id\" is missing",
        "{ \"id\": \"a:b:1\", \"bundles\": 1 } | \"bundles\" is not a list",
        "{ \"id\": \"a:b:1\", \"bundles\": [ { \"id\": \"a:b:1\" }, {} ] } | \"bundles\"[1] is not",
        "{ \"id\": \"a:b:1\", \"configurations\": { \"p\": 1 } } | \"p\" is not an object",
      })
  void whatIsNoFeatureIsRefusedWithFileAndPlace(String text, String place) {
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> read(text))
        .withMessageContaining("test.json")
        .withMessageContaining(place);
  }

  private FeatureFile read(String text) throws IOException, LaunchException {
    return FeatureFile.read(Files.writeString(folder.resolve("test.json"), text));
  }
}

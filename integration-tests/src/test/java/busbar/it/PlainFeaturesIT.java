package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every feature that is shipped boots in a process of its own, as {@code ./busbar run} does it. */
class PlainFeaturesIT {

  static List<String> features() throws IOException {
    try (Stream<Path> files = Files.list(LaunchedProcess.HOME.resolve("features"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".json"))
          .map(name -> name.substring(0, name.length() - ".json".length()))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("features")
  void boots(String feature) throws Exception {
    LaunchedProcess process = LaunchedProcess.of("run", "--boot-only", "--feature", feature);
    assertThat(process.error().lines().filter(line -> !isTaint(line)))
        .singleElement()
        .asString()
        .startsWith("busbar: up in ");
    assertThat(process.status()).isZero();
  }

  /** The recorded Arm machine has devices without an IOMMU, and the log says so. */
  private static boolean isTaint(String line) {
    return line.contains("WARNING") && line.contains("Nothing protects the host from ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pc", "power", "arm", "gateway", "everything"})
  void isTouredWithoutAPerson(String feature) throws Exception {
    LaunchedProcess process = LaunchedProcess.of("tour", "--feature", feature);
    assertThat(process.output()).endsWith("All of it worked.\n");
    assertThat(process.status()).isZero();
  }
}

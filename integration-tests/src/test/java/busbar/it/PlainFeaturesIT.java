package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every feature that is shipped boots in a process of its own, as {@code ./busbar run} does it. */
class PlainFeaturesIT {

  private static final Path HOME = Path.of(System.getProperty("busbar.home"));

  static List<String> features() throws IOException {
    try (Stream<Path> files = Files.list(HOME.resolve("features"))) {
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
    Process process = launch("run", "--boot-only", "--feature", feature);
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output).startsWith("busbar: up in ").hasLineCount(1);
    assertThat(process.exitValue()).isZero();
  }

  private static Process launch(String... arguments) throws IOException {
    Path target = HOME.resolve("bundles/busbar.launcher/target");
    String classPath =
        target.resolve("busbar.launcher-1.0.0-SNAPSHOT.jar") + ":" + target.resolve("lib") + "/*";
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        Stream.concat(
                Stream.of(
                    java,
                    "--sun-misc-unsafe-memory-access=allow",
                    "-Dbusbar.home=" + HOME,
                    "-cp",
                    classPath,
                    "busbar.launcher.Main"),
                Stream.of(arguments))
            .toList();
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}

package busbar.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What became of a launcher in a process of its own.
 *
 * @param status its exit status
 * @param output what it printed
 * @param error what it printed to standard error
 */
record LaunchedProcess(int status, String output, String error) {

  static final Path HOME = Path.of(System.getProperty("busbar.home"));

  private static final int TIMEOUT_SECONDS = 120;

  /** Runs the launcher with these arguments and no input until it ends. */
  static LaunchedProcess of(String... arguments) throws IOException, InterruptedException {
    return withInput("", arguments);
  }

  /** Runs the launcher, types the input and waits until it ends. */
  static LaunchedProcess withInput(String input, String... arguments)
      throws IOException, InterruptedException {
    return withInput(input, TIMEOUT_SECONDS, arguments);
  }

  /** As {@link #of}, for what takes longer. */
  static LaunchedProcess within(int seconds, String... arguments)
      throws IOException, InterruptedException {
    return withInput("", seconds, arguments);
  }

  private static LaunchedProcess withInput(String input, int seconds, String... arguments)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("busbar-it-");
    Path in = Files.writeString(folder.resolve("in"), input);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    try {
      Process process =
          new ProcessBuilder(command(arguments))
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("still running: " + Files.readString(out) + Files.readString(err));
      }
      return new LaunchedProcess(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      for (Path file : List.of(in, out, err, folder)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static List<String> command(String... arguments) {
    Path target = HOME.resolve("bundles/busbar.launcher/target");
    String jar = target.resolve("busbar.launcher-1.0.0-SNAPSHOT.jar").toString();
    return Stream.concat(
            Stream.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dbusbar.home=" + HOME,
                "-cp",
                jar + java.io.File.pathSeparator + target.resolve("lib") + "/*",
                "busbar.launcher.Main"),
            Stream.of(arguments))
        .toList();
  }
}

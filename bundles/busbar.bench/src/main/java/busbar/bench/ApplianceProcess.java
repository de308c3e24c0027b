package busbar.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An appliance in a process of its own, started as a person starts it. */
final class ApplianceProcess implements AutoCloseable {

  private static final Pattern UP = Pattern.compile("busbar: up in (\\d+) ms.*");
  private static final int STOP_TIMEOUT_SECONDS = 15;

  private final Process process;
  private final long bootMillis;

  private ApplianceProcess(Process process, long bootMillis) {
    this.process = process;
    this.bootMillis = bootMillis;
  }

  /** Starts {@code ./busbar run} with the given options and waits until all services are up. */
  static ApplianceProcess start(String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of(script(), "run"));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> output = new ArrayList<>();
    // stays open: the appliance goes on writing
    BufferedReader lines = process.inputReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher up = UP.matcher(line);
      if (up.matches()) {
        return new ApplianceProcess(process, Long.parseLong(up.group(1)));
      }
      output.add(line);
    }
    throw new IOException("the appliance did not come up: " + String.join(" / ", output));
  }

  long bootMillis() {
    return bootMillis;
  }

  long pid() {
    return process.pid();
  }

  void awaitExit() throws InterruptedException {
    process.waitFor();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static String script() {
    return Path.of(System.getProperty("busbar.home", "."))
        .resolve("busbar")
        .toAbsolutePath()
        .toString();
  }
}

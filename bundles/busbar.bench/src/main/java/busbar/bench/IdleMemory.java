package busbar.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the default appliance holds while nobody uses it. */
final class IdleMemory implements Measurement {

  private static final double KIB_PER_MIB = 1024;
  private static final Pattern USED = Pattern.compile("total \\d+K, used (\\d+)K");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  @Override
  public String name() {
    return "IdleMemory";
  }

  @Override
  public List<Score> measure() throws Exception {
    try (ApplianceProcess appliance = ApplianceProcess.start("--headless")) {
      jcmd(appliance.pid(), "GC.run");
      double heap = sumOf(USED, jcmd(appliance.pid(), "GC.heap_info")) / KIB_PER_MIB;
      Path status = Path.of("/proc", Long.toString(appliance.pid()), "status");
      double resident = sumOf(RESIDENT, Files.readString(status)) / KIB_PER_MIB;
      return List.of(
          new Score("IdleMemory.heap", "live heap of the idle default appliance", "MiB", heap, 0),
          new Score("IdleMemory.resident", "resident size of its process", "MiB", resident, 0));
    }
  }

  private static double sumOf(Pattern pattern, String text) throws IOException {
    Matcher matcher = pattern.matcher(text);
    double sum = 0;
    while (matcher.find()) {
      sum += Long.parseLong(matcher.group(1));
    }
    if (sum == 0) {
      throw new IOException("no " + pattern + " in: " + text);
    }
    return sum;
  }

  private static String jcmd(long pid, String command) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process process =
        new ProcessBuilder(jcmd, Long.toString(pid), command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException("jcmd " + command + ": " + output);
    }
    return output;
  }
}

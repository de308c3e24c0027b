package busbar.bench;

import java.util.List;
import org.openjdk.jmh.util.ListStatistics;

/** From pressing enter to all services up. */
final class BootTime implements Measurement {

  private static final int WARMUPS = 2;
  private static final int BOOTS = 10;
  private static final double CONFIDENCE = 0.999;

  @Override
  public String name() {
    return "BootTime";
  }

  @Override
  public List<Score> measure() throws Exception {
    ListStatistics millis = new ListStatistics();
    for (int i = 0; i < WARMUPS + BOOTS; i++) {
      long bootMillis = boot();
      if (i >= WARMUPS) {
        millis.addValue(bootMillis);
      }
    }
    return List.of(
        new Score(
            name(),
            "start of the default appliance's process to all services up",
            "ms",
            millis.getMean(),
            millis.getMeanErrorAt(CONFIDENCE)));
  }

  private static long boot() throws Exception {
    try (ApplianceProcess appliance = ApplianceProcess.start("--boot-only")) {
      appliance.awaitExit();
      return appliance.bootMillis();
    }
  }
}

package busbar.conformance.report;

import busbar.conformance.report.ScenarioResult.Difference;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All results of a run, and their sums. */
public final class Report {
  private final List<ScenarioResult> results;

  public Report(List<ScenarioResult> results) {
    this.results = List.copyOf(results);
  }

  public int equal() {
    return results.stream().mapToInt(ScenarioResult::equal).sum();
  }

  public int total() {
    return results.stream().mapToInt(ScenarioResult::total).sum();
  }

  public int excepted() {
    return results.stream().mapToInt(ScenarioResult::excepted).sum();
  }

  /** Whether there was something to compare and every step was equal. */
  public boolean allEqual() {
    return !results.isEmpty() && equal() == total();
  }

  /** Whether differences are shown. */
  public enum Detail {
    COUNTS,
    FIRST_DIFFERENCES
  }

  /** One line for a scenario as soon as it is played. */
  public static void print(ScenarioResult result, PrintStream out, Detail detail) {
    out.printf(
        "%s %-14s %-44s %4d/%-4d %6d ms%s%n",
        result.allEqual() ? "  " : "! ",
        result.machine(),
        result.name(),
        result.equal(),
        result.total(),
        result.millis(),
        result.excepted() == 0 ? "" : "  and " + result.excepted() + " that cannot be equal");
    if (detail == Detail.FIRST_DIFFERENCES && result.first().isPresent()) {
      Difference first = result.first().get();
      out.printf("     step %03d  %s%n", first.step(), first.text());
      out.printf("     expected  %s%n", first.expected());
      out.printf("     got       %s%n", first.actual());
    }
  }

  /** The sums, by theme and of all. */
  public void printSums(PrintStream out) {
    Map<Theme, int[]> sums = new EnumMap<>(Theme.class);
    for (ScenarioResult result : results) {
      int[] sum = sums.computeIfAbsent(result.theme(), theme -> new int[3]);
      sum[0] += result.equal();
      sum[1] += result.total();
      sum[2]++;
    }
    out.println();
    sums.forEach(
        (theme, sum) ->
            out.printf(
                "%s %-28s %3d scenarios  %5d/%d%n",
                sum[0] == sum[1] ? "  " : "! ", theme.title(), sum[2], sum[0], sum[1]));
    out.printf("%n%d of %d steps equal%n", equal(), total());
    if (excepted() > 0) {
      out.printf("%d steps cannot be equal and are not counted%n", excepted());
    }
  }

  /** Writes the results for programs. */
  public void writeJson(Path file) throws IOException {
    List<Map<String, Object>> scenarios = new ArrayList<>();
    for (ScenarioResult result : results) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("machine", result.machine());
      entry.put("name", result.name());
      entry.put("equal", result.equal());
      entry.put("total", result.total());
      entry.put("firstDifference", result.first().map(Report::json).orElse(null));
      scenarios.add(entry);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("equal", equal());
    json.put("total", total());
    json.put("scenarios", scenarios);
    JSON.std
        .with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES)
        .write(json, file.toFile());
  }

  private static Map<String, Object> json(Difference difference) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("step", difference.step());
    json.put("expected", difference.expected());
    json.put("actual", difference.actual());
    return json;
  }
}

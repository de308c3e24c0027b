package busbar.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One number that a benchmark gave.
 *
 * @param name of the benchmark, with its parameters
 * @param measures what was measured, in words
 * @param unit of score and error
 * @param score the mean
 * @param error half the width of the 99.9 % confidence interval; 0 if it was measured once
 */
record Score(String name, String measures, String unit, double score, double error) {

  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("measures", measures);
    json.put("unit", unit);
    json.put("score", score);
    // no confidence interval can be given for a few values, and JSON has no NaN
    json.put("error", Double.isNaN(error) ? 0 : error);
    return json;
  }

  String toLine() {
    return "%-52s %14.3f ± %10.3f %s".formatted(name, score, error, unit);
  }
}

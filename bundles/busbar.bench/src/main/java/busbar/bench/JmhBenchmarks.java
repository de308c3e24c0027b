package busbar.bench;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** The JMH methods of this module. */
final class JmhBenchmarks {

  private JmhBenchmarks() {}

  /** Runs those whose name contains one of the given texts, or all if none is given. */
  static List<Score> run(List<String> names) throws RunnerException {
    ChainedOptionsBuilder options = new OptionsBuilder();
    names.forEach(name -> options.include("(?i)" + Pattern.quote(Main.plain(name))));
    Collection<RunResult> results;
    try {
      results = new Runner(options.build()).run();
    } catch (NoBenchmarksException e) {
      return List.of();
    }
    List<Score> scores = new ArrayList<>();
    for (RunResult result : results) {
      Result<?> primary = result.getPrimaryResult();
      scores.add(
          new Score(
              nameOf(result.getParams()),
              measuresOf(result.getParams().getBenchmark()),
              primary.getScoreUnit(),
              primary.getScore(),
              primary.getScoreError()));
    }
    return scores;
  }

  private static String nameOf(BenchmarkParams params) {
    String name = params.getBenchmark();
    StringBuilder text =
        new StringBuilder(name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1));
    for (String key : params.getParamsKeys()) {
      text.append(' ').append(key).append('=').append(params.getParam(key));
    }
    return text.toString();
  }

  private static String measuresOf(String benchmark) {
    int dot = benchmark.lastIndexOf('.');
    try {
      for (Method method : Class.forName(benchmark.substring(0, dot)).getMethods()) {
        Measures measures = method.getAnnotation(Measures.class);
        if (measures != null && method.getName().equals(benchmark.substring(dot + 1))) {
          return measures.value();
        }
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("JMH ran " + benchmark + ", which is not there", e);
    }
    return benchmark;
  }
}

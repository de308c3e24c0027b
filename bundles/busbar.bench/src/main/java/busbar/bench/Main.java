package busbar.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./busbar bench}: runs the benchmarks and prints, and writes, one line for each number. */
@Command(name = "bench")
public final class Main implements Callable<Integer> {

  private static final List<Measurement> MEASUREMENTS =
      List.of(new BootTime(), new IdleMemory(), new Growth(), new MappingHeap());

  @Option(names = "--json")
  private Path json;

  @Parameters private List<String> names = new ArrayList<>();

  private Main() {}

  /** Runs it and ends the process. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    List<Score> scores = new ArrayList<>(JmhBenchmarks.run(names));
    for (Measurement measurement : MEASUREMENTS) {
      if (isAskedFor(measurement.name())) {
        scores.addAll(measurement.measure());
      }
    }
    if (scores.isEmpty()) {
      System.err.println("busbar: no benchmark is named " + String.join(" or ", names));
      return 2;
    }
    System.out.println();
    scores.forEach(score -> System.out.println(score.toLine()));
    if (json != null) {
      write(scores);
    }
    return 0;
  }

  private boolean isAskedFor(String name) {
    return names.isEmpty() || names.stream().anyMatch(asked -> plain(name).contains(plain(asked)));
  }

  /** Benchmarks are named as classes; who asks may write {@code map-unmap} for {@code MapUnmap}. */
  static String plain(String name) {
    return name.replace("-", "").toLowerCase(Locale.ROOT);
  }

  private void write(List<Score> scores) throws IOException {
    JSON.std
        .with(JSON.Feature.PRETTY_PRINT_OUTPUT)
        .write(Map.of("benchmarks", scores.stream().map(Score::toJson).toList()), json.toFile());
  }
}

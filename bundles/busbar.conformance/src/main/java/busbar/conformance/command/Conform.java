package busbar.conformance.command;

import busbar.conformance.play.BenchFactory;
import busbar.conformance.report.Exceptions;
import busbar.conformance.report.Report;
import busbar.conformance.report.Report.Detail;
import busbar.conformance.report.ScenarioResult;
import busbar.conformance.run.Case;
import busbar.conformance.run.CaseFinder;
import busbar.conformance.run.Runner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What was asked for, and doing it. */
@Command(
    name = "conform",
    description =
        "Plays scenarios, each on a fresh simulated machine, and compares every step with the trace"
            + " of a real kernel.",
    exitCodeOnInvalidInput = 2)
final class Conform implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      description = "a scenario, or a folder with scenarios, traces and machines")
  private List<Path> paths = new ArrayList<>();

  @Option(
      names = "--kernel",
      paramLabel = "V",
      description = "the kernel whose traces count (default: the newest one)")
  private String kernel;

  @Option(names = "--json", paramLabel = "FILE", description = "also write the result as JSON")
  private Path json;

  @Option(names = "--diff", description = "show the first step of each scenario that differs")
  private boolean diff;

  @Option(
      names = "--driver",
      paramLabel = "JAR",
      description = "a bundle to install before playing, such as a vendor's driver")
  private List<Path> drivers = new ArrayList<>();

  private final BenchFactory benches;
  private final DriverBundles bundles;
  private final PrintStream out;
  private final PrintStream err;

  Conform(BenchFactory benches, DriverBundles bundles, PrintStream out, PrintStream err) {
    this.benches = benches;
    this.bundles = bundles;
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    List<Case> cases = new ArrayList<>();
    try {
      CaseFinder finder =
          new CaseFinder(Optional.ofNullable(kernel), note -> err.println("busbar: " + note));
      for (Path path : paths) {
        cases.addAll(finder.find(path));
      }
      for (Path driver : drivers) {
        bundles.install(driver);
      }
    } catch (IOException e) {
      err.println("busbar: " + e.getMessage());
      return 2;
    }
    if (cases.isEmpty()) {
      err.println("busbar: there is nothing to play");
      return 1;
    }
    return play(cases);
  }

  private int play(List<Case> cases) throws IOException {
    Runner runner = new Runner(benches, Exceptions.load());
    Detail detail = diff ? Detail.FIRST_DIFFERENCES : Detail.COUNTS;
    List<ScenarioResult> results = new ArrayList<>();
    for (Case next : cases) {
      ScenarioResult result = runner.play(next);
      results.add(result);
      Report.print(result, out, detail);
    }
    Report report = new Report(results);
    report.printSums(out);
    if (json != null) {
      report.writeJson(json);
    }
    return report.allEqual() ? 0 : 1;
  }
}

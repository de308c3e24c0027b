package busbar.load;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import busbar.launcher.command.LaunchCommand;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code ./busbar bench swap [--json FILE]}. */
@Component(service = LaunchCommand.class, property = LaunchCommand.NAME + "=bench-swap")
public final class SwapBenchCommand implements LaunchCommand {
  private final Place place;

  @Activate
  public SwapBenchCommand(
      BundleContext context,
      @Reference Vfio vfio,
      @Reference VfioAdmin admin,
      @Reference SwapAdmin swaps,
      @Reference PhysicalMemory memory) {
    place = new Place(context, vfio, admin, swaps, memory);
  }

  /** What was typed. */
  @Command(name = "bench swap")
  static final class Arguments {
    @Option(names = "--json")
    Path json;

    @Option(names = "--swaps")
    int swaps = 1_000;

    @Option(names = "--target")
    List<String> targets = new ArrayList<>();

    @Option(names = "--way")
    List<String> ways = new ArrayList<>();

    @Option(names = "--rest-micros")
    long restMicros = 100;

    /** Leaves the lengths of pauses out of the verdict. */
    @Option(names = "--no-times")
    boolean noTimes;
  }

  @Override
  public int run(List<String> args, PrintStream out, PrintStream err) throws IOException {
    Arguments arguments = new Arguments();
    try {
      new CommandLine(arguments)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .parseArgs(args.toArray(String[]::new));
    } catch (ParameterException e) {
      err.println("busbar: bench swap: " + e.getMessage());
      return 2;
    }
    List<Target> targets =
        List.of(Target.values()).stream()
            .filter(each -> isAskedFor(arguments.targets, each.word()))
            .toList();
    List<String> ways =
        List.of(Way.SIDE_BY_SIDE, Way.UPDATE).stream()
            .filter(each -> isAskedFor(arguments.ways, each))
            .toList();
    if (targets.isEmpty() || ways.isEmpty()) {
      err.printf(
          "busbar: bench swap: targets are %s, ways are %s, %s%n",
          Target.words(), Way.SIDE_BY_SIDE, Way.UPDATE);
      return 2;
    }
    List<Row> rows = rows(targets, ways, arguments, out);
    if (arguments.json != null) {
      Files.writeString(
          arguments.json,
          JSON.std
                  .with(JSON.Feature.PRETTY_PRINT_OUTPUT)
                  .asString(rows.stream().map(Row::toJson).toList())
              + "\n");
    }
    boolean ok =
        rows.size() == targets.size() * ways.size()
            && rows.stream()
                .allMatch(
                    row ->
                        row.isClean()
                            && (row.isInTime() || arguments.noTimes)
                            && row.swaps() == arguments.swaps);
    out.println(ok ? "All as it must be." : "It is not as it must be.");
    return ok ? 0 : 1;
  }

  private static boolean isAskedFor(List<String> asked, String word) {
    return asked.isEmpty() || asked.contains(word);
  }

  private List<Row> rows(
      List<Target> targets, List<String> ways, Arguments arguments, PrintStream out) {
    List<Row> rows = new ArrayList<>();
    SwapBench bench = new SwapBench(place, out, arguments.restMicros);
    for (Target target : targets) {
      for (String way : ways) {
        try {
          rows.add(bench.run(target, way, arguments.swaps));
        } catch (BundleException | RuntimeException e) {
          out.printf("%-5s %-12s FAIL: %s%n", target.word(), way, e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return rows;
        }
      }
    }
    return rows;
  }
}

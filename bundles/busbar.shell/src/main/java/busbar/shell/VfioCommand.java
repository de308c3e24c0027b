package busbar.shell;

import java.util.List;
import picocli.CommandLine.Option;

/** One {@code vfio} command: picocli fills its fields, {@link #run} does the work. */
abstract class VfioCommand {
  @Option(names = "--json", description = "Print JSON instead of text.")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Explain this command.")
  private boolean help;

  /** Does it. Failures are {@link busbar.api.VfioException}. */
  abstract Outcome run(Services services);

  /**
   * What could stand at a position of the command line.
   *
   * @param position 1 for the first word after the command
   */
  List<String> candidates(Services services, int position) {
    return List.of();
  }

  boolean wantsJson() {
    return json;
  }

  /** Names of devices that fit, for completion. */
  static List<String> deviceNames(Services services) {
    return services.vfio().devices().stream().map(device -> device.name()).toList();
  }

  /** Names of drivers, for completion. */
  static List<String> driverNames(Services services) {
    return services.vfio().drivers().stream().map(driver -> driver.name()).distinct().toList();
  }
}

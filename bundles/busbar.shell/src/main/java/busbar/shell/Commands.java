package busbar.shell;

import busbar.api.VfioException;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * All commands by name, and how one is parsed, run and printed. Any thread; each call is its own.
 */
final class Commands {
  private static final Map<String, Supplier<VfioCommand>> BY_NAME = new LinkedHashMap<>();

  static {
    BY_NAME.put("devices", Listings.Devices::new);
    BY_NAME.put("groups", Listings.Groups::new);
    BY_NAME.put("drivers", Listings.Drivers::new);
    BY_NAME.put("backends", Listings.Backends::new);
    BY_NAME.put("containers", Listings.Containers::new);
    BY_NAME.put("clients", Listings.Clients::new);
    BY_NAME.put("faults", Listings.Faults::new);
    BY_NAME.put("explain", Explain::new);
    BY_NAME.put("bind", Binding.Bind::new);
    BY_NAME.put("unbind", Binding.Unbind::new);
    BY_NAME.put("override", Binding.OverrideDriver::new);
    BY_NAME.put("probe", Binding.Probe::new);
    BY_NAME.put("add-id", Binding.AddId::new);
    BY_NAME.put("remove-id", Binding.RemoveId::new);
    BY_NAME.put("slots", Swapping.Slots::new);
    BY_NAME.put("swap", Swapping.Swap::new);
    BY_NAME.put("swaps", Swapping.Records::new);
    BY_NAME.put("policy", Swapping.Policy::new);
    BY_NAME.put("sets", Provisioning.Sets::new);
    BY_NAME.put("good", Provisioning.Good::new);
    BY_NAME.put("rollback", Provisioning.Rollback::new);
    BY_NAME.put("feature", Provisioning.Feature::new);
    BY_NAME.put("movable", MigrationCommands.Listing::new);
    BY_NAME.put("save", MigrationCommands.Save::new);
    BY_NAME.put("restore", MigrationCommands.Restore::new);
    BY_NAME.put("resume", MigrationCommands.Resume::new);
    BY_NAME.put("param", Tuning.Param::new);
    BY_NAME.put("sriov", Tuning.SriovCommand::new);
    BY_NAME.put("mdev-types", Mediated.Types::new);
    BY_NAME.put("mdevs", Mediated.Children::new);
    BY_NAME.put("mdev-create", Mediated.Create::new);
    BY_NAME.put("mdev-remove", Mediated.Remove::new);
    BY_NAME.put("mdev-definitions", Definitions.Listing::new);
    BY_NAME.put("mdev-define", Definitions.Define::new);
    BY_NAME.put("mdev-start", Definitions.StartOne::new);
    BY_NAME.put("mdev-autostart", Definitions.Autostart::new);
    BY_NAME.put("mdev-undefine", Definitions.Undefine::new);
  }

  private final Services services;

  Commands(Services services) {
    this.services = services;
  }

  static List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  /**
   * Runs a command.
   *
   * @return 0 done, 1 refused (one line on {@code err}: errno and sentence) or, by a dry run, not
   *     possible, 2 wrong usage
   */
  int run(String name, List<String> arguments, PrintStream out, PrintStream err) {
    VfioCommand command = BY_NAME.get(name).get();
    CommandLine line = commandLine(name, command);
    try {
      line.parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      err.println("vfio:" + name + ": " + e.getMessage() + " (vfio:" + name + " --help)");
      return 2;
    }
    if (line.isUsageHelpRequested()) {
      line.usage(out);
      return 0;
    }
    try {
      Outcome outcome = command.run(services);
      print(outcome, command.wantsJson(), out);
      return outcome.status();
    } catch (VfioException e) {
      err.println("vfio:" + name + ": " + e.getMessage());
      return 1;
    }
  }

  /** The usage text of a command, or one line for each command. */
  List<String> help(String name) {
    if (name != null && BY_NAME.containsKey(name)) {
      return commandLine(name, BY_NAME.get(name).get()).getUsageMessage().lines().toList();
    }
    Table table = new Table("COMMAND", "DOES");
    BY_NAME.forEach(
        (key, factory) ->
            table.row(
                "vfio:" + key,
                commandLine(key, factory.get()).getCommandSpec().usageMessage().description()[0]));
    return table.lines("");
  }

  /** Words that could stand at a position, options included once a word is begun with a dash. */
  List<String> candidates(String name, int position) {
    VfioCommand command = BY_NAME.get(name).get();
    try {
      return command.candidates(services, position);
    } catch (VfioException e) {
      // completion must not disturb the line that is being typed
      return List.of();
    }
  }

  /** The long options of a command with their meaning. */
  static Map<String, String> options(String name) {
    Map<String, String> options = new LinkedHashMap<>();
    for (OptionSpec option :
        commandLine(name, BY_NAME.get(name).get()).getCommandSpec().options()) {
      options.put(option.longestName().substring(2), String.join(" ", meaning(option)));
    }
    return options;
  }

  private static String[] meaning(ArgSpec argument) {
    return argument.description();
  }

  private static CommandLine commandLine(String name, VfioCommand command) {
    return new CommandLine(command)
        .setCommandName("vfio:" + name)
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  private static void print(Outcome outcome, boolean json, PrintStream out) {
    if (!json) {
      outcome.lines().forEach(out::println);
      return;
    }
    try {
      PrintWriter writer = new PrintWriter(out);
      writer.println(
          JSON.std
              .with(JSON.Feature.PRETTY_PRINT_OUTPUT)
              .with(JSON.Feature.WRITE_NULL_PROPERTIES)
              .asString(Plain.of(outcome.model())));
      writer.flush();
    } catch (IOException e) {
      throw new IllegalStateException("a model of plain values could not be written as JSON", e);
    }
  }
}

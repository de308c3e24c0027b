package busbar.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/**
 * What was typed. Options of the launcher may stand anywhere; whatever it does not know is handed
 * on, in its order, to the command.
 */
@Command(name = "busbar", sortOptions = false)
final class Options {

  /** The command that keeps the appliance running until it is stopped. */
  static final String RUN = "run";

  @Option(names = "--home", hidden = true)
  private Path home = Path.of(System.getProperty("busbar.home", "."));

  @Option(names = "--repository", hidden = true)
  private Path repository;

  @Option(names = "--feature")
  private String feature = "appliance";

  @Option(names = "--machine")
  private Path machine;

  @Option(names = "--bundle")
  private List<Path> bundles = new ArrayList<>();

  @Option(names = "--headless")
  private boolean headless;

  @Option(names = "--boot-only")
  private boolean bootOnly;

  @Option(names = "--log")
  private String log = "WARNING";

  @Option(names = "--timeout")
  private int timeoutSeconds = 20;

  @Parameters(index = "0", arity = "0..1")
  private String command = RUN;

  @Unmatched private List<String> commandArguments = new ArrayList<>();

  static Options parse(String... arguments) throws LaunchException {
    Options options = new Options();
    try {
      new CommandLine(options).setOverwrittenOptionsAllowed(true).parseArgs(arguments);
    } catch (CommandLine.ParameterException e) {
      throw new LaunchException(LaunchException.reasonOf(e), e);
    }
    if (options.runs() && !options.commandArguments.isEmpty()) {
      throw new LaunchException("run: unknown argument " + options.commandArguments.getFirst());
    }
    options.logLevel();
    return options;
  }

  boolean runs() {
    return command.equals(RUN);
  }

  boolean bootOnly() {
    return bootOnly;
  }

  /**
   * Bundles that only a person at a console needs are left out of headless appliances and one-shot
   * commands.
   */
  boolean interactive() {
    return runs() && !headless && !bootOnly;
  }

  String command() {
    return command;
  }

  List<String> commandArguments() {
    return List.copyOf(commandArguments);
  }

  Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  Path home() {
    return home;
  }

  Path repository() {
    return repository != null ? repository : home.resolve("features/target/repo");
  }

  /** The feature file: a path, or the plain name of one of the features that are shipped. */
  Path feature() throws LaunchException {
    Path asPath = Path.of(feature);
    if (Files.isRegularFile(asPath)) {
      return asPath;
    }
    Path shipped = home.resolve("features").resolve(feature + ".json");
    if (asPath.getNameCount() == 1 && Files.isRegularFile(shipped)) {
      return shipped;
    }
    throw new LaunchException("there is no feature file " + feature);
  }

  /** The machine description given, or null for the one that is embedded in the product. */
  Path machine() throws LaunchException {
    return machine == null ? null : existing("machine file", machine);
  }

  List<Path> bundles() throws LaunchException {
    List<Path> files = new ArrayList<>();
    for (Path bundle : bundles) {
      files.add(existing("bundle", bundle));
    }
    return files;
  }

  Level logLevel() throws LaunchException {
    try {
      return Level.parse(log);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          "--log " + log + ": not a level; one of WARNING, INFO, FINE, ALL", e);
    }
  }

  private static Path existing(String what, Path file) throws LaunchException {
    if (!Files.isRegularFile(file)) {
      throw new LaunchException("there is no " + what + " " + file);
    }
    return file.toAbsolutePath().normalize();
  }
}

package busbar.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.logging.Level;

/**
 * What was typed. Options of the launcher may stand anywhere; whatever it does not know is handed
 * on, in its order, to the command. Read by hand: a library that reads annotations would take a
 * quarter of the time in which the appliance boots.
 */
final class Options {

  /** The command that keeps the appliance running until it is stopped. */
  static final String RUN = "run";

  private static final int TIMEOUT_SECONDS = 20;

  private final List<Path> bundles = new ArrayList<>();
  private final List<String> commandArguments = new ArrayList<>();
  private Path home = Path.of(System.getProperty("busbar.home", "."));
  private Path repository;
  private String feature = "appliance";
  private Path machine;
  private Path deploy;
  private boolean headless;
  private boolean bootOnly;
  private Level logLevel = Level.WARNING;
  private int timeoutSeconds = TIMEOUT_SECONDS;
  private String command;

  private Options() {}

  static Options parse(String... arguments) throws LaunchException {
    Options options = new Options();
    Iterator<String> rest = List.of(arguments).iterator();
    while (rest.hasNext()) {
      options.take(rest.next(), rest);
    }
    if (options.runs() && !options.commandArguments.isEmpty()) {
      throw new LaunchException("run: unknown argument " + options.commandArguments.getFirst());
    }
    return options;
  }

  private void take(String argument, Iterator<String> rest) throws LaunchException {
    switch (argument) {
      case "--home" -> home = Path.of(value(argument, rest));
      case "--repository" -> repository = Path.of(value(argument, rest));
      case "--feature" -> feature = value(argument, rest);
      case "--machine" -> machine = Path.of(value(argument, rest));
      case "--bundle" -> bundles.add(Path.of(value(argument, rest)));
      case "--deploy" -> deploy = Path.of(value(argument, rest));
      case "--headless" -> headless = true;
      case "--boot-only" -> bootOnly = true;
      case "--log" -> logLevel = level(value(argument, rest));
      case "--timeout" -> timeoutSeconds = seconds(value(argument, rest));
      default -> takeForCommand(argument);
    }
  }

  private void takeForCommand(String argument) {
    if (command == null) {
      command = argument;
    } else {
      commandArguments.add(argument);
    }
  }

  private static String value(String option, Iterator<String> rest) throws LaunchException {
    if (!rest.hasNext()) {
      throw new LaunchException(option + " lacks its value");
    }
    return rest.next();
  }

  private static Level level(String name) throws LaunchException {
    try {
      return Level.parse(name);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          "--log " + name + ": not a level; one of WARNING, INFO, FINE, ALL, OFF", e);
    }
  }

  private static int seconds(String number) throws LaunchException {
    try {
      return Integer.parseUnsignedInt(number);
    } catch (NumberFormatException e) {
      throw new LaunchException("--timeout " + number + ": not a number of seconds", e);
    }
  }

  boolean runs() {
    return command == null || command.equals(RUN);
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
    return command == null ? RUN : command;
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

  /** The folder to watch, or null if none is. */
  Path deploy() throws LaunchException {
    if (deploy == null) {
      return null;
    }
    if (!runs()) {
      throw new LaunchException("--deploy is an option of run, not of " + command());
    }
    if (!Files.isDirectory(deploy)) {
      throw new LaunchException("there is no folder " + deploy);
    }
    return deploy.toAbsolutePath().normalize();
  }

  List<Path> bundles() throws LaunchException {
    List<Path> files = new ArrayList<>();
    for (Path bundle : bundles) {
      files.add(existing("bundle", bundle));
    }
    return files;
  }

  Level logLevel() {
    return logLevel;
  }

  private static Path existing(String what, Path file) throws LaunchException {
    if (!Files.isRegularFile(file)) {
      throw new LaunchException("there is no " + what + " " + file);
    }
    return file.toAbsolutePath().normalize();
  }
}

package busbar.conformance.run;

import busbar.conformance.scenario.Scenario;
import busbar.conformance.scenario.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Finds scenarios in the folder layout of recordings: {@code NAME/scenarios/*.scn}, {@code
 * NAME/traces/KERNEL/*.trace} and {@code machines/NAME.json}.
 */
public final class CaseFinder {
  private static final String SCENARIOS = "scenarios";

  private final Optional<String> kernel;
  private final Consumer<String> notes;

  /**
   * A finder.
   *
   * @param kernel whose traces count; empty for the newest that there is of each scenario
   * @param notes is told what is left out, and why
   */
  public CaseFinder(Optional<String> kernel, Consumer<String> notes) {
    this.kernel = kernel;
    this.notes = notes;
  }

  /**
   * The cases of a path: a scenario, a folder of one machine, or a folder of several.
   *
   * @throws IOException with a sentence, if the path is none of these or a file of it is wrong
   */
  public List<Case> find(Path path) throws IOException {
    Path given = path.toAbsolutePath().normalize();
    List<Case> cases = new ArrayList<>();
    for (Path file : scenarios(given)) {
      toCase(file).ifPresent(cases::add);
    }
    return cases;
  }

  private static List<Path> scenarios(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new IOException(path + " does not exist");
    }
    List<Path> found = new ArrayList<>();
    if (path.getFileName().toString().equals(SCENARIOS)) {
      found.addAll(in(path));
    } else if (Files.isDirectory(path.resolve(SCENARIOS))) {
      found.addAll(in(path.resolve(SCENARIOS)));
    } else {
      for (Path machine : list(path)) {
        if (Files.isDirectory(machine.resolve(SCENARIOS))) {
          found.addAll(in(machine.resolve(SCENARIOS)));
        }
      }
    }
    if (found.isEmpty()) {
      throw new IOException(path + " holds no scenarios (NAME/scenarios/*" + Scenario.SUFFIX + ")");
    }
    return found;
  }

  private static List<Path> in(Path folder) throws IOException {
    return list(folder).stream().filter(f -> f.toString().endsWith(Scenario.SUFFIX)).toList();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private Optional<Case> toCase(Path file) throws IOException {
    Path machineFolder = file.getParent().getParent();
    if (machineFolder == null || machineFolder.getParent() == null) {
      throw new IOException(file + " is not in a folder MACHINE/scenarios");
    }
    String machine = machineFolder.getFileName().toString();
    Path description = machineFolder.resolveSibling("machines").resolve(machine + ".json");
    Scenario scenario = Scenario.read(file);
    Optional<Trace> trace = trace(machineFolder.resolve("traces"), scenario.name());
    if (trace.isEmpty()) {
      notes.accept(
          machine
              + "/"
              + scenario.name()
              + " is left out: "
              + kernel.map(v -> "kernel " + v + " has no trace of it").orElse("it has no trace"));
    }
    return trace.map(t -> new Case(machine, description, scenario, t));
  }

  private Optional<Trace> trace(Path traces, String name) throws IOException {
    if (!Files.isDirectory(traces)) {
      return Optional.empty();
    }
    Optional<Path> newest =
        list(traces).stream()
            .filter(
                folder -> kernel.isEmpty() || folder.getFileName().toString().equals(kernel.get()))
            .filter(folder -> Files.isRegularFile(folder.resolve(name + Trace.SUFFIX)))
            .max(Comparator.comparing(folder -> version(folder.getFileName().toString())));
    if (newest.isEmpty()) {
      return Optional.empty();
    }
    Path folder = newest.get();
    return Optional.of(
        Trace.read(folder.getFileName().toString(), folder.resolve(name + Trace.SUFFIX)));
  }

  /** A text that sorts as the numbers in a version do. */
  static String version(String kernel) {
    StringBuilder key = new StringBuilder();
    for (String part : kernel.split("[.-]")) {
      key.append(part.matches("[0-9]{1,9}") ? String.format("%09d", Integer.parseInt(part)) : part)
          .append('.');
    }
    return key.toString();
  }
}

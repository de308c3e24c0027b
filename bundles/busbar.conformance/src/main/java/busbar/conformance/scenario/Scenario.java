package busbar.conformance.scenario;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A scenario: steps that are played one after the other on a fresh machine.
 *
 * @param name the file's name without its suffix
 * @param file where it was read
 * @param requires the words of its first comment line: what the machine must have
 * @param about what its second comment line says
 */
public record Scenario(
    String name, Path file, List<String> requires, String about, List<Step> steps) {

  /** What the name of a scenario file ends with. */
  public static final String SUFFIX = ".scn";

  private static final String REQUIRES = "requires:";

  /**
   * Reads a scenario. Every text file is one: a step that nobody knows is found out when it is
   * played.
   *
   * @throws IOException if the file cannot be read or is not text; the message names the file
   */
  public static Scenario read(Path file) throws IOException {
    return parse(file, lines(file));
  }

  static Scenario parse(Path file, List<String> lines) {
    List<String> comments = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("#")) {
        comments.add(line.substring(1).strip());
      } else if (!line.isEmpty()) {
        steps.add(Step.of(steps.size() + 1, i + 1, line));
      }
    }
    List<String> requires = List.of();
    if (!comments.isEmpty() && comments.getFirst().startsWith(REQUIRES)) {
      String words = comments.removeFirst().substring(REQUIRES.length()).strip();
      requires = words.isEmpty() ? List.of() : List.of(words.split("\\s+"));
    }
    String fileName = file.getFileName().toString();
    String name =
        fileName.endsWith(SUFFIX)
            ? fileName.substring(0, fileName.length() - SUFFIX.length())
            : fileName;
    return new Scenario(
        name, file, requires, comments.isEmpty() ? "" : comments.getFirst(), List.copyOf(steps));
  }

  /** Its number, 41 of {@code "041-map-flags"}; -1 if its name does not start with three digits. */
  public int number() {
    return name.matches("[0-9]{3}.*") ? Integer.parseInt(name, 0, 3, 10) : -1;
  }

  static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new IOException(file + " is not a text file", e);
    }
  }
}

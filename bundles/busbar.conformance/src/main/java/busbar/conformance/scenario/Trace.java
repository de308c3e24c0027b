package busbar.conformance.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a kernel answered to a scenario, step by step.
 *
 * @param kernel its version
 * @param lines the recorded lines, in order
 */
public record Trace(String kernel, Path file, List<Line> lines) {

  /** What the name of a trace file ends with. */
  public static final String SUFFIX = ".trace";

  private static final Pattern LINE = Pattern.compile("(\\d{3,9}) (.*) => (.*)");

  /**
   * One line.
   *
   * @param step its number; 0 for trouble of the recording kernel itself ({@code !! SIGNAL 11})
   * @param text the whole line
   * @param result what follows the arrow; the whole line for trouble
   */
  public record Line(int step, String text, String result) {}

  /**
   * Reads a trace.
   *
   * @throws IOException if the file cannot be read or a line is no trace line; the message names
   *     both
   */
  public static Trace read(String kernel, Path file) throws IOException {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String text : Scenario.lines(file)) {
      number++;
      Matcher step = LINE.matcher(text);
      if (step.matches()) {
        lines.add(new Line(Integer.parseInt(step.group(1)), text, step.group(3)));
      } else if (text.startsWith("!!")) {
        lines.add(new Line(0, text, text));
      } else if (!text.isBlank()) {
        throw new IOException(
            file + ":" + number + ": \"" + text + "\" is not \"NUMBER STEP => RESULT\"");
      }
    }
    return new Trace(kernel, file, List.copyOf(lines));
  }

  /** A line as it is recorded. */
  public static String line(Step step, String result) {
    return String.format("%03d %s => %s", step.number(), step.text(), result);
  }
}

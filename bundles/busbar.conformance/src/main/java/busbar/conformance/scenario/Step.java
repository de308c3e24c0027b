package busbar.conformance.scenario;

import java.util.List;

/**
 * One step of a scenario.
 *
 * @param number as in the trace, from 1
 * @param line in the file, from 1
 * @param text as written, without surrounding space
 * @param words of the text, at least one
 */
public record Step(int number, int line, String text, List<String> words) {

  /** Reads a step from its text. */
  public static Step of(int number, int line, String text) {
    String trimmed = text.strip();
    return new Step(number, line, trimmed, List.of(trimmed.split("\\s+")));
  }

  /** What is done: the first word. */
  public String verb() {
    return words.getFirst();
  }

  /** The step that follows {@code count} words: what {@code fork} and {@code spawn T} run. */
  public Step after(int count) {
    String rest = text;
    for (int i = 0; i < count; i++) {
      rest = rest.substring(words.get(i).length()).stripLeading();
    }
    return new Step(number, line, rest, words.subList(count, words.size()));
  }
}

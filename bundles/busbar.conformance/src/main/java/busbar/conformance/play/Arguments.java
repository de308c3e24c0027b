package busbar.conformance.play;

import busbar.conformance.scenario.BadStepException;
import busbar.conformance.scenario.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A step's words after its verb: those of the form {@code name=value}, and the others in their
 * order.
 *
 * @param words the others
 * @param options by name; the last of a name counts
 * @param all both, as written
 */
record Arguments(List<String> words, Map<String, String> options, List<String> all) {

  static Arguments of(Step step) {
    List<String> words = new ArrayList<>();
    Map<String, String> options = new LinkedHashMap<>();
    List<String> all = step.words().subList(1, step.words().size());
    for (String word : all) {
      int equals = word.indexOf('=');
      if (equals > 0 && word.substring(0, equals).matches("[A-Za-z_][A-Za-z0-9_]*")) {
        options.put(word.substring(0, equals), word.substring(equals + 1));
      } else {
        words.add(word);
      }
    }
    return new Arguments(List.copyOf(words), options, all);
  }

  /** The word at a place; the step is bad if it has fewer. */
  String word(int index, String what) {
    if (index >= words.size()) {
      throw BadStepException.because("the step names no %s", what);
    }
    return words.get(index);
  }

  /** The option of that name; the step is bad without it. */
  String required(String name) {
    String value = options.get(name);
    if (value == null) {
      throw BadStepException.because("the step has no %s=", name);
    }
    return value;
  }

  Optional<String> option(String name) {
    return Optional.ofNullable(options.get(name));
  }

  boolean has(String word) {
    return words.contains(word);
  }
}

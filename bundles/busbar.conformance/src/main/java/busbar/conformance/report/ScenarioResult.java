package busbar.conformance.report;

import java.util.Optional;

/**
 * What came out of one scenario.
 *
 * @param machine the machine's name
 * @param name the scenario's name
 * @param theme what it is about
 * @param equal steps whose result was the recorded one
 * @param excepted steps that differed and stand in the list of those that cannot be equal; not part
 *     of {@code total}
 * @param total recorded steps without the excepted ones
 * @param first the first step that differed, empty if none did
 * @param millis how long it took
 */
public record ScenarioResult(
    String machine,
    String name,
    Theme theme,
    int equal,
    int excepted,
    int total,
    Optional<Difference> first,
    long millis) {

  /**
   * A step that differed.
   *
   * @param step its number
   * @param text the step
   * @param expected the recorded result
   * @param actual the result here, or why there is none
   */
  public record Difference(int step, String text, String expected, String actual) {}

  public boolean allEqual() {
    return equal == total;
  }
}

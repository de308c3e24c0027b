package busbar.conformance.scenario;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The expressions of steps: {@code term(('+'|'-'|'|')term)*}, evaluated from left to right in 64
 * bits without overflow. A term is a number (decimal or hexadecimal, with a suffix {@code K M G
 * T}), or a name.
 */
public final class Expression {
  private static final Pattern NUMBER = Pattern.compile("(-?)(0[xX][0-9a-fA-F]+|[0-9]+)([KMGT]?)");

  private Expression() {}

  /** What names mean where the expression stands. */
  @FunctionalInterface
  public interface Names {
    /** The value of a name, empty if it has none. */
    OptionalLong value(String name);
  }

  /**
   * Evaluates an expression.
   *
   * @throws BadStepException if a term is neither a number nor a name with a value
   */
  public static long evaluate(String text, Names names) {
    long value = 0;
    char operator = '+';
    int at = 0;
    while (true) {
      int end = endOfTerm(text, at);
      long term = term(text.substring(at, end), names);
      value =
          switch (operator) {
            case '+' -> value + term;
            case '-' -> value - term;
            default -> value | term;
          };
      if (end == text.length()) {
        return value;
      }
      operator = text.charAt(end);
      at = end + 1;
    }
  }

  private static int endOfTerm(String text, int from) {
    int at = from < text.length() && text.charAt(from) == '-' ? from + 1 : from;
    while (at < text.length() && "+-|".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return at;
  }

  private static long term(String term, Names names) {
    Matcher number = NUMBER.matcher(term);
    if (number.matches()) {
      return number(number, term);
    }
    OptionalLong value = names.value(term);
    if (value.isEmpty()) {
      value = Constants.value(term);
    }
    return value.orElseThrow(() -> BadStepException.expression(term));
  }

  private static long number(Matcher number, String term) {
    String digits = number.group(2);
    long value;
    try {
      value =
          digits.startsWith("0x") || digits.startsWith("0X")
              ? Long.parseUnsignedLong(digits, 2, digits.length(), 16)
              : Long.parseUnsignedLong(digits);
    } catch (NumberFormatException e) {
      throw BadStepException.expression(term);
    }
    int suffix = number.group(3).isEmpty() ? 0 : "KMGT".indexOf(number.group(3)) + 1;
    value <<= 10 * suffix;
    return number.group(1).isEmpty() ? value : -value;
  }
}

package busbar.conformance.scenario;

/**
 * A step that cannot be played: it is written wrongly, or names something that does not exist
 * because the step that should have made it failed. Its message is the result of the step.
 */
public class BadStepException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private BadStepException(String result) {
    super(result);
  }

  /** The step itself is wrong. */
  public static BadStepException because(String reason, Object... arguments) {
    return new BadStepException("BAD " + String.format(reason, arguments));
  }

  /** An expression has a term that means nothing here. */
  public static BadStepException expression(String term) {
    return new BadStepException("[bad-expr:" + term + "]");
  }
}

package busbar.launcher;

/** Why an appliance cannot start: one line that names the file, the place and the reason. */
final class LaunchException extends Exception {

  private static final long serialVersionUID = 1L;

  LaunchException(String message) {
    super(message);
  }

  LaunchException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message of an exception that others threw, on one line and never empty. */
  static String reasonOf(Throwable problem) {
    String message = problem.getMessage();
    String reason = message == null || message.isBlank() ? problem.getClass().getName() : message;
    return reason.strip().replaceAll("\\s+", " ");
  }
}

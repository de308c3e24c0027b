package busbar.launcher;

/**
 * How long the boot took, from the moment the person pressed enter.
 *
 * @param startMillis when it began, in milliseconds since the epoch
 */
record BootClock(long startMillis) {

  /**
   * When the launcher script began, in seconds since the epoch with a fraction; not there if
   * started by hand.
   */
  private static final String STARTED = "busbar.started";

  /** Counts from the script's start, or from now. */
  static BootClock start() {
    return startedAt(System.getProperty(STARTED, ""));
  }

  static BootClock startedAt(String seconds) {
    try {
      // the shell writes the fraction with the decimal sign of the person's language
      return new BootClock(Math.round(Double.parseDouble(seconds.replace(',', '.')) * 1000));
    } catch (NumberFormatException e) {
      return new BootClock(System.currentTimeMillis());
    }
  }

  long elapsedMillis() {
    return System.currentTimeMillis() - startMillis;
  }
}

package busbar.launcher;

/** How long the boot took, from the moment the person pressed enter. */
final class BootClock {

  /**
   * When the launcher script began, in seconds since the epoch with a fraction; not there if
   * started by hand.
   */
  private static final String STARTED = "busbar.started";

  private static final long CLASS_LOADED_MILLIS = System.currentTimeMillis();

  private BootClock() {}

  static long sinceStartMillis() {
    return System.currentTimeMillis() - startMillis(System.getProperty(STARTED, ""));
  }

  static long startMillis(String seconds) {
    try {
      // the shell writes the fraction with the decimal sign of the person's language
      return Math.round(Double.parseDouble(seconds.replace(',', '.')) * 1000);
    } catch (NumberFormatException e) {
      return CLASS_LOADED_MILLIS;
    }
  }
}

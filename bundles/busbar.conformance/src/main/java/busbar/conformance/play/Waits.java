package busbar.conformance.play;

/** How long a step may wait: a scenario that asks for more gets this. */
final class Waits {
  private static final long LONGEST_MILLIS = 120_000;

  private Waits() {}

  static long millis(long asked) {
    return asked < 0 || asked > LONGEST_MILLIS ? LONGEST_MILLIS : asked;
  }
}

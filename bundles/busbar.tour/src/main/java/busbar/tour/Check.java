package busbar.tour;

import java.util.function.BooleanSupplier;

/** What a step must find. */
final class Check {
  private static final long PATIENCE_NANOS = 2_000_000_000L;

  private Check() {}

  /** Fails with a sentence if the fact does not hold. */
  static void that(boolean fact, String otherwise, Object... arguments) {
    if (!fact) {
      throw new IllegalStateException(String.format(otherwise, arguments));
    }
  }

  /** Waits for at most two seconds until the fact holds. */
  static void soon(BooleanSupplier fact, String otherwise, Object... arguments) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!fact.getAsBoolean()) {
      that(System.nanoTime() < end, otherwise, arguments);
      Thread.onSpinWait();
    }
  }
}

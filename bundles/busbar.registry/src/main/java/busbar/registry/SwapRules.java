package busbar.registry;

import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapSettings;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** How swaps are made now, and whether waiting for a successor makes sense. */
final class SwapRules {
  private volatile SwapSettings settings = SwapSettings.DEFAULT;
  private volatile BooleanSupplier stopping = () -> false;

  SwapSettings settings() {
    return settings;
  }

  void set(SwapSettings wanted) {
    settings = wanted;
  }

  /** Tells when nobody new will come, since the whole framework stops. */
  void stopping(BooleanSupplier told) {
    stopping = told;
  }

  long graceNanos() {
    return stopping.getAsBoolean() ? 0 : TimeUnit.MILLISECONDS.toNanos(settings.graceMillis());
  }

  long deadlineNanos() {
    return TimeUnit.MILLISECONDS.toNanos(settings.deadlineMillis());
  }

  SwapPolicy policy() {
    return settings.policy();
  }
}

package busbar.mdev;

import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapSettings;
import java.util.List;

/** Says how long the core keeps devices, and swaps nothing. */
record FixedGrace(long graceMillis) implements SwapAdmin {
  @Override
  public List<Slot> slots() {
    return List.of();
  }

  @Override
  public List<SwapPlan> plan(String target, String successor) {
    return List.of();
  }

  @Override
  public List<SwapRecord> swap(String target, String successor, String who) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<SwapRecord> history() {
    return List.of();
  }

  @Override
  public SwapSettings settings() {
    return new SwapSettings(graceMillis, 1000, SwapPolicy.MANUAL);
  }

  @Override
  public void settings(SwapSettings settings) {
    throw new UnsupportedOperationException();
  }
}

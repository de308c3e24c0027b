package busbar.registry;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import busbar.api.swap.Swappable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The registry's own places: devices with their drivers, containers with their backends. */
final class Swaps implements Swappable {
  private final DriverSwaps drivers;
  private final BackendSwaps backends;
  private final SwapRules rules;
  private final Runnable changed;

  /**
   * @param changed runs after the settings changed
   */
  Swaps(DriverSwaps drivers, BackendSwaps backends, SwapRules rules, Runnable changed) {
    this.drivers = drivers;
    this.backends = backends;
    this.rules = rules;
    this.changed = changed;
  }

  @Override
  public List<Slot> slots() {
    List<Slot> slots = new ArrayList<>(drivers.slots());
    slots.addAll(backends.slots());
    return slots;
  }

  @Override
  public SwapPlan plan(String target, Candidate successor) {
    return on(
        target,
        entry -> drivers.plan(entry, successor),
        container -> backends.plan(container, successor));
  }

  @Override
  public SwapRecord swap(String target, Candidate successor, Way way, String who) {
    return on(
        target,
        entry -> drivers.swap(entry, successor, way, who),
        container -> backends.swap(container, successor, way, who));
  }

  private <T> T on(
      String target, Function<DeviceEntry, T> device, Function<Container, T> container) {
    return Stream.concat(
            drivers.find(target).map(device).stream(),
            backends.find(target).map(container).stream())
        .findFirst()
        .orElseThrow(() -> Errno.ENODEV.because("no device or container %s has a driver", target));
  }

  @Override
  public void settings(SwapSettings settings) {
    rules.set(settings);
    changed.run();
  }

  /** The record of what was adopted, if that was done. */
  static SwapRecord done(List<SwapRecord> records, String target) {
    if (records.isEmpty()) {
      throw Errno.EBUSY.because("another change of %s is under way", target);
    }
    SwapRecord last = records.getLast();
    if (last.result() != Result.DONE) {
      throw Errno.EINVAL.because("%s", last.because());
    }
    return last;
  }

  /**
   * What to write for a candidate so that another one is not meant, too; a bare {@code #} begins a
   * comment in the shell.
   */
  static String word(Candidate wanted, Candidate other) {
    return other.isMeantBy(wanted.toString()) ? wanted.word() : wanted.toString();
  }
}

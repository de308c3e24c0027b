package busbar.shell;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Phase;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One device with one driver in place and another one beside it. */
final class FakeSwaps implements SwapAdmin {
  static final Candidate OLD = new Candidate("vfio-pci", "busbar.pci", "1.0.0", 14);
  static final Candidate NEW = new Candidate("vfio-pci", "busbar.pci", "1.0.1", 40);
  private static final String DEVICE = "0000:00:04.0";

  private final List<SwapRecord> history = new ArrayList<>();
  private SwapSettings settings = SwapSettings.DEFAULT;
  Candidate current = OLD;
  boolean stateFits = true;

  @Override
  public List<Slot> slots() {
    return List.of(
        new Slot(DEVICE, "driver", current, List.of(current == OLD ? NEW : OLD), true),
        new Slot(
            "container-1",
            "backend",
            new Candidate("type1", "busbar.type1", "1.0.0", 15),
            List.of(),
            true));
  }

  private Candidate find(String target, String successor) {
    if (!target.equals(DEVICE)) {
      throw Errno.ENODEV.because("nothing can be exchanged at %s", target);
    }
    return List.of(OLD, NEW).stream()
        .filter(candidate -> candidate != current && candidate.isMeantBy(successor))
        .findFirst()
        .orElseThrow(() -> Errno.ENOENT.because("nobody at %s is called %s", target, successor));
  }

  @Override
  public List<SwapPlan> plan(String target, String successor) {
    return List.of(
        new SwapPlan(
            target,
            "driver",
            current,
            find(target, successor),
            List.of(DEVICE),
            Transfer.STATE,
            stateFits,
            stateFits ? "it reads state of version 1" : "state of version 2 is newer than 1",
            List.of("3 interrupts are wired")));
  }

  @Override
  public List<SwapRecord> swap(String target, String successor, String who) {
    Candidate to = find(target, successor);
    if (!stateFits) {
      throw Errno.EINVAL.because("%s refuses the state of %s", to, current);
    }
    SwapRecord record =
        new SwapRecord(
            history.size() + 1,
            Instant.EPOCH,
            target,
            "driver",
            Way.SIDE_BY_SIDE,
            who,
            current.toString(),
            to.toString(),
            List.of(new Phase("save", 20_000), new Phase("restore", 130_500)),
            151_000,
            Result.DONE,
            "it took the state over",
            "vfio:swap " + target + " " + current);
    history.add(record);
    current = to;
    return List.of(record);
  }

  @Override
  public List<SwapRecord> history() {
    return history;
  }

  @Override
  public SwapSettings settings() {
    return settings;
  }

  @Override
  public void settings(SwapSettings other) {
    settings = other;
  }
}

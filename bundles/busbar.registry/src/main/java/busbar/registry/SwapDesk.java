package busbar.registry;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import busbar.api.swap.Swappable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** Where operators swap, in whatever layer the place is. */
final class SwapDesk implements SwapAdmin {
  private final List<Swappable> layers = new CopyOnWriteArrayList<>();
  private final SwapRules rules;
  private final Journal journal;
  private volatile LongConsumer preparation = bundleId -> {};

  SwapDesk(SwapRules rules, Journal journal) {
    this.rules = rules;
    this.journal = journal;
  }

  /**
   * @param before is told the number of a successor's bundle before operations wait for it
   */
  void beforeSwaps(LongConsumer before) {
    preparation = before;
  }

  void add(Swappable layer) {
    layer.settings(rules.settings());
    layers.add(layer);
  }

  void remove(Swappable layer) {
    layers.remove(layer);
  }

  @Override
  public List<Slot> slots() {
    return layers.stream().flatMap(layer -> layer.slots().stream()).toList();
  }

  @Override
  public List<SwapPlan> plan(String target, String successor) {
    return choices(target, successor).stream()
        .map(choice -> choice.layer.plan(choice.target, choice.successor))
        .toList();
  }

  @Override
  public List<SwapRecord> swap(String target, String successor, String who) {
    List<SwapRecord> records = new ArrayList<>();
    for (Choice choice : choices(target, successor)) {
      preparation.accept(choice.successor.bundleId());
      records.add(choice.layer.swap(choice.target, choice.successor, Way.SIDE_BY_SIDE, who));
    }
    return records;
  }

  /** One exchange that an operator means. */
  private record Choice(Swappable layer, String target, Candidate successor) {}

  private List<Choice> choices(String target, String successor) {
    List<Choice> choices = new ArrayList<>();
    List<Slot> places = new ArrayList<>();
    for (Swappable layer : layers) {
      for (Slot slot : layer.slots()) {
        if (isMeant(slot, target)) {
          places.add(slot);
          candidates(slot)
              .filter(candidate -> candidate.isMeantBy(successor))
              .forEach(candidate -> choices.add(new Choice(layer, slot.target(), candidate)));
        }
      }
    }
    if (places.isEmpty()) {
      throw Errno.ENODEV.because(
          "nothing called %s has a driver, a backend or a model that could be replaced", target);
    }
    // the one in place is meant only if nobody else is
    List<Choice> others = choices.stream().filter(choice -> !isCurrent(places, choice)).toList();
    List<Choice> meant = others.isEmpty() ? choices : others;
    check(target, successor, places, meant);
    return meant;
  }

  private static boolean isMeant(Slot slot, String target) {
    return slot.target().equals(target)
        || slot.kind().equals(BackendBridge.KIND)
            && slot.current() != null
            && slot.current().isMeantBy(target);
  }

  private static Stream<Candidate> candidates(Slot slot) {
    return Stream.concat(Stream.ofNullable(slot.current()), slot.others().stream());
  }

  private static boolean isCurrent(List<Slot> places, Choice choice) {
    return places.stream()
        .anyMatch(
            slot ->
                slot.target().equals(choice.target)
                    && Objects.equals(slot.current(), choice.successor));
  }

  private static void check(
      String target, String successor, List<Slot> places, List<Choice> meant) {
    if (meant.isEmpty()) {
      throw Errno.ENOENT.because(
          "nobody called %s could take over %s; there are %s",
          successor, target, places.stream().flatMap(SwapDesk::candidates).distinct().toList());
    }
    long distinct = meant.stream().map(Choice::target).distinct().count();
    if (distinct < meant.size()) {
      throw Errno.EINVAL.because(
          "%s can mean each of %s for %s: name the version (NAME@VERSION) or the bundle"
              + " ('#NUMBER')",
          successor,
          meant.stream()
              .map(choice -> choice.successor + " (#" + choice.successor.bundleId() + ")")
              .toList(),
          target);
    }
  }

  @Override
  public List<SwapRecord> history() {
    return journal.all();
  }

  @Override
  public SwapSettings settings() {
    return rules.settings();
  }

  @Override
  public void settings(SwapSettings settings) {
    rules.set(settings);
    layers.forEach(layer -> layer.settings(settings));
  }
}

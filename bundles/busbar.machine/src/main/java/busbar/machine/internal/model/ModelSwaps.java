package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import busbar.api.swap.Swappable;
import busbar.machine.internal.model.ModelDirectory.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The devices of a machine as places in which models are exchanged. Any thread. */
public final class ModelSwaps implements Swappable {
  private final Supplier<Stream<ModelHost>> hosts;
  private final ModelDirectory directory;
  private final ExchangeRules rules;

  /**
   * A layer.
   *
   * @param hosts of the devices that are there, in their order
   */
  public ModelSwaps(
      Supplier<Stream<ModelHost>> hosts, ModelDirectory directory, ExchangeRules rules) {
    this.hosts = hosts;
    this.directory = directory;
    this.rules = rules;
  }

  @Override
  public List<Slot> slots() {
    return hosts.get().filter(ModelHost::hasModel).map(this::slot).toList();
  }

  private Slot slot(ModelHost host) {
    Entry current = host.current();
    return new Slot(
        host.device().name(),
        ModelHost.KIND,
        current == null ? null : current.candidate(host.model()),
        directory.candidates(host.model()).stream()
            .filter(each -> each != current)
            .map(each -> each.candidate(host.model()))
            .toList(),
        host.device().isInUse());
  }

  private ModelHost host(String target) {
    return hosts
        .get()
        .filter(each -> each.device().name().equals(target) && each.hasModel())
        .findFirst()
        .orElseThrow(() -> Errno.ENODEV.because("no device %s with a model is there", target));
  }

  @Override
  public SwapPlan plan(String target, Candidate successor) {
    ModelHost host = host(target);
    Entry to = host.successor(successor);
    Entry from = host.current();
    List<String> findings = new ArrayList<>();
    String obstacle = obstacle(host, from, to, findings);
    return new SwapPlan(
        target,
        ModelHost.KIND,
        from == null ? null : from.candidate(host.model()),
        to.candidate(host.model()),
        List.of(target),
        Transfer.STATE,
        obstacle == null,
        Objects.requireNonNullElse(
            obstacle, "the old model saves its state, the new one restores it"),
        findings);
  }

  /** Why it cannot be done, {@code null} if it can as far as one can tell. */
  private String obstacle(ModelHost host, Entry from, Entry to, List<String> findings) {
    if (from == null) {
      return "the device waits for a successor of a model that is gone";
    }
    if (host.hangs()) {
      return "a call of its model was given up and has not returned";
    }
    int saved = from.factory().stateVersion(host.model());
    int taken = to.factory().stateVersion(host.model());
    if (saved == 0 || taken == 0) {
      findings.add("the versions of the states are not known: the restore decides");
      return null;
    }
    findings.add("the state is of version %d".formatted(saved));
    return saved <= taken ? null : "the new model takes states up to version %d".formatted(taken);
  }

  @Override
  public SwapRecord swap(String target, Candidate successor, Way way, String who) {
    return host(target).swap(successor, way, who);
  }

  @Override
  public void settings(SwapSettings wanted) {
    boolean isOther = wanted.policy() != rules.settings().policy();
    rules.settings(wanted);
    if (isOther) {
      hosts.get().forEach(ModelHost::update);
    }
  }
}

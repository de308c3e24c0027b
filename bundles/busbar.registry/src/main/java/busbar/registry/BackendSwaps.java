package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.HandoverOps;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapRecording;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Containers and the backends that they could have: who is there, what a swap does, the swap. */
final class BackendSwaps {
  private final Containers containers;
  private final Backends backends;
  private final BackendBridge bridge;
  private final SwapRules rules;
  private final Journal journal;

  BackendSwaps(
      Containers containers,
      Backends backends,
      BackendBridge bridge,
      SwapRules rules,
      Journal journal) {
    this.containers = containers;
    this.backends = backends;
    this.bridge = bridge;
    this.rules = rules;
    this.journal = journal;
  }

  Optional<Container> find(String target) {
    return containers.all().stream().filter(c -> c.name().equals(target)).findFirst();
  }

  List<Slot> slots() {
    List<Slot> slots = new ArrayList<>();
    for (Container container : containers.all()) {
      Attachment attachment = container.attachment();
      if (attachment != null) {
        BackendEntry<?> now = attachment.backend();
        slots.add(
            new Slot(
                container.name(),
                BackendBridge.KIND,
                bridge.isHeld(container) ? null : now.candidate,
                others(container, now).stream().map(entry -> entry.candidate).toList(),
                true));
      }
    }
    return slots;
  }

  private List<BackendEntry<?>> others(Container container, BackendEntry<?> now) {
    return backends
        .allowed(container.groupType())
        .filter(entry -> entry != now && isAkin(now, entry))
        .toList();
  }

  /** Whether one understands the other's state, whatever its version. */
  private static boolean isAkin(BackendEntry<?> from, BackendEntry<?> to) {
    return from.ops instanceof HandoverOps<?> old
        && to.ops instanceof HandoverOps<?> fresh
        && old.stateKind().equals(fresh.stateKind());
  }

  private BackendEntry<?> entry(Container container, Candidate wanted) {
    return backends
        .allowed(container.groupType())
        .filter(entry -> entry.candidate.equals(wanted))
        .findFirst()
        .orElseThrow(() -> Errno.ENOENT.because("there is no backend %s", wanted));
  }

  SwapPlan plan(Container container, Candidate wanted) {
    Attachment attachment = attachment(container);
    BackendEntry<?> from = attachment.backend();
    BackendEntry<?> to = entry(container, wanted);
    List<String> findings = new ArrayList<>();
    VfioException obstacle = obstacle(container, from, to, findings);
    return new SwapPlan(
        container.name(),
        BackendBridge.KIND,
        from.candidate,
        to.candidate,
        List.of(container.name()),
        Transfer.STATE,
        obstacle == null,
        obstacle == null
            ? to + " takes the mappings over, page tables stay and DMA goes on"
            : obstacle.because(),
        findings);
  }

  private static Attachment attachment(Container container) {
    Attachment attachment = container.attachment();
    if (attachment == null) {
      throw Errno.ENODEV.because("%s has chosen no backend", container);
    }
    return attachment;
  }

  private VfioException obstacle(
      Container container, BackendEntry<?> from, BackendEntry<?> to, List<String> findings) {
    if (from == to) {
      return Errno.EINVAL.because("%s has %s already", container, to.candidate);
    }
    if (!isAkin(from, to)) {
      return Errno.EINVAL.because(
          "%s does not understand the state of %s: the mappings of %s would be lost",
          to, from, container);
    }
    int has = ((HandoverOps<?>) from.ops).stateVersion();
    int takes = ((HandoverOps<?>) to.ops).stateVersion();
    findings.add("the state has version " + has + ", " + to + " takes versions up to " + takes);
    if (takes < has) {
      return Errno.EINVAL.because(
          "%s takes states up to version %d, that of %s has version %d", to, takes, from, has);
    }
    return to.hasDeparted() ? Errno.ENODEV.because("%s is going away", to) : null;
  }

  SwapRecord swap(Container container, Candidate wanted, Way way, String who) {
    Attachment attachment = attachment(container);
    BackendEntry<?> to = entry(container, wanted);
    if (bridge.isHeld(container)) {
      return Swaps.done(bridge.adopt(container, to), container.name());
    }
    Chosen<?> old = attachment.chosen();
    BackendEntry<?> from = old.backend();
    SwapRecording recording =
        new SwapRecording(
            container.name(), BackendBridge.KIND, way, who, from.candidate, to.candidate);
    VfioException failure = obstacle(container, from, to, new ArrayList<>());
    if (failure == null) {
      failure = exchange(container, attachment, old, to, recording);
    }
    if (failure != null) {
      journal.add(recording.end(Result.KEPT, failure.because(), ""));
      throw failure;
    }
    return journal.add(
        recording.end(
            Result.DONE,
            to + " took over",
            "vfio:swap " + container.name() + " " + Swaps.word(from.candidate, to.candidate)));
  }

  /** Returns {@code null} if it is done, else why not. */
  private VfioException exchange(
      Container container,
      Attachment attachment,
      Chosen<?> old,
      BackendEntry<?> to,
      SwapRecording recording) {
    if (!attachment.tryTurn(rules.deadlineNanos())) {
      return Errno.EBUSY.because("another change of %s is under way", container);
    }
    try {
      return new BackendSwap(container, attachment, old, to, recording, rules).run();
    } finally {
      attachment.turn.unlock();
    }
  }
}

package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.swap.BoundedCall;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapRecording;
import busbar.api.time.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Bridges the gap between a backend whose service goes and its successor of the same name:
 * containers keep their mappings, the page tables stay in place and DMA goes on; calls wait.
 */
final class BackendBridge {
  static final String KIND = "backend";

  private final Containers containers;
  private final SwapRules rules;
  private final Journal journal;
  private final Timing timing;
  private final Map<Container, BackendHold> holds = new ConcurrentHashMap<>();

  BackendBridge(Containers containers, SwapRules rules, Journal journal, Timing timing) {
    this.containers = containers;
    this.rules = rules;
    this.journal = journal;
    this.timing = timing;
  }

  boolean isHeld(Container container) {
    return holds.containsKey(container);
  }

  /**
   * A backend goes, and still can be called.
   *
   * @return whether the container is held; else it loses its mappings
   */
  boolean hold(Container container, BackendEntry<?> backend) {
    Attachment attachment = container.attachment();
    if (attachment == null || !attachment.tryTurn(2 * rules.deadlineNanos())) {
      return false;
    }
    try {
      // nobody replaces it now, and whoever did is done
      return attachment.backend() == backend
          && backend.handsOver()
          && rules.graceNanos() != 0
          && !attachment.gate.hasEnded()
          && hold(container, attachment, backend);
    } finally {
      attachment.turn.unlock();
    }
  }

  private boolean hold(Container container, Attachment attachment, BackendEntry<?> backend) {
    SwapRecording recording =
        new SwapRecording(
            container.name(),
            KIND,
            Way.UPDATE,
            "the service of " + backend.candidate + " went",
            backend.candidate,
            "?");
    recording.closed();
    if (!attachment.gate.pause(rules.deadlineNanos())) {
      journal.add(recording.end(Result.LOST, "a call of " + container + " does not end", ""));
      return false;
    }
    recording.phase("drain");
    StateRecord state;
    try (BoundedCall calls = calls("save", container)) {
      Chosen<?> old = attachment.chosen();
      state = calls.call(backend + " telling the state of " + container, old::save, () -> {});
    } catch (RuntimeException e) {
      attachment.gate.resume();
      VfioException why = Faults.of(e, backend.toString(), "telling the state of " + container);
      journal.add(recording.end(Result.LOST, why.because(), ""));
      return false;
    }
    recording.phase("save");
    BackendHold hold = new BackendHold(container, attachment, state, recording);
    holds.put(container, hold);
    attachment.whenLeft(() -> giveUp(container, "the container is closed"));
    long grace = rules.graceNanos();
    hold.until(
        timing.schedule(
            grace,
            () ->
                giveUp(
                    container,
                    "no successor came within " + TimeUnit.NANOSECONDS.toMillis(grace) + " ms")));
    return true;
  }

  private BoundedCall calls(String what, Container container) {
    return new BoundedCall("busbar-" + what + "-" + container.name(), rules.deadlineNanos());
  }

  /** A backend came; every container that waits for it goes on before this returns. */
  List<SwapRecord> arrive(BackendEntry<?> backend) {
    List<SwapRecord> records = new ArrayList<>();
    for (BackendHold hold : holds.values()) {
      if (hold.backend().name().equals(backend.name())) {
        adopt(hold, backend, records);
      }
    }
    return records;
  }

  /** A held container is given to a backend of any name. */
  List<SwapRecord> adopt(Container container, BackendEntry<?> backend) {
    List<SwapRecord> records = new ArrayList<>();
    BackendHold hold = holds.get(container);
    if (hold != null) {
      adopt(hold, backend, records);
    }
    return records;
  }

  private void adopt(BackendHold hold, BackendEntry<?> to, List<SwapRecord> records) {
    hold.attachment.turn.lock();
    try {
      if (hold.claim()) {
        adoptClaimed(hold, to, records);
      }
    } finally {
      hold.attachment.turn.unlock();
    }
  }

  private void adoptClaimed(BackendHold hold, BackendEntry<?> to, List<SwapRecord> records) {
    hold.recording.phase("gap");
    Attachment attachment = hold.attachment;
    Chosen<?> old = attachment.chosen();
    try (BoundedCall calls = calls("adopt", hold.container)) {
      try {
        BackendHandover handover = new BackendHandover(to, attachment);
        Chosen<?> fresh =
            calls.call(
                to + " taking over " + hold.container,
                () -> handover.restore(hold.state),
                handover::discard);
        if (to.hasDeparted()) {
          handover.discard();
          throw Errno.ENODEV.because("%s went away while it took %s", to, hold.container);
        }
        attachment.exchange(fresh);
        hold.recording.phase("restore");
      } catch (RuntimeException e) {
        VfioException why = Faults.of(e, to.toString(), "taking over " + hold.container);
        records.add(journal.add(refused(hold, to, why)));
        String over = hold.unclaim();
        if (over != null) {
          giveUp(hold.container, over);
        }
        return;
      }
    }
    end(hold);
    hold.recording.successor(to.candidate);
    records.add(journal.add(hold.recording.end(Result.DONE, to + " took over", "")));
    Faults.swallow(old.backend().toString(), "forgetting " + hold.container, old::forget);
  }

  private static SwapRecord refused(BackendHold hold, BackendEntry<?> to, VfioException why) {
    return new SwapRecording(
            hold.container.name(),
            KIND,
            Way.UPDATE,
            "the service of " + to.candidate + " came",
            hold.backend().candidate,
            to.candidate)
        .end(Result.WAITING, why.because() + "; calls wait for another successor", "");
  }

  /** Nobody took over, or nobody needs it any more: the mappings go, calls fail from now on. */
  void giveUp(Container container, String why) {
    BackendHold hold = holds.get(container);
    if (hold == null || !hold.claimToEnd(why)) {
      return;
    }
    BackendEntry<?> backend = hold.backend();
    Chosen<?> old = hold.attachment.chosen();
    try (BoundedCall calls = calls("resume", container)) {
      calls.call(
          backend + " going on with " + container,
          () -> {
            old.resume();
            return null;
          },
          () -> {});
    } catch (RuntimeException e) {
      Faults.of(e, backend.toString(), "going on with " + container);
    }
    String because = backend + " of " + container + " is gone: " + why;
    // who is told that the backend is gone finds the record of it
    journal.add(hold.recording.end(Result.LOST, because, ""));
    container.loseHeld(hold.attachment, because, () -> end(hold));
  }

  private void end(BackendHold hold) {
    holds.remove(hold.container, hold);
    hold.attachment.whenLeft(null);
    hold.end();
  }

  /** Nobody new will come. */
  void close() {
    containers.all().forEach(container -> giveUp(container, "everything stops"));
  }
}

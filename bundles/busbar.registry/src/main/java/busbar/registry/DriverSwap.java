package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.swap.BoundedCall;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecording;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Takes devices from one driver to another, all or none, both drivers being there. The driver's
 * part runs on a thread of the swap, with a deadline for each step.
 */
final class DriverSwap {
  private final List<Handover> handovers;
  private final DriverEntry to;
  private final SwapRecording recording;
  private final SwapRules rules;
  private final Departures departures;

  /** The gates that are closed now. */
  private final AtomicReference<Stillness> still = new AtomicReference<>();

  private final Verdict verdict;

  /** How it ended if it failed without hanging. */
  private volatile Result kept = Result.KEPT;

  DriverSwap(
      List<Handover> handovers,
      DriverEntry to,
      SwapRecording recording,
      SwapRules rules,
      Departures departures) {
    this.handovers = handovers;
    this.to = to;
    this.recording = recording;
    this.rules = rules;
    this.departures = departures;
    this.verdict = new Verdict(to, names(), rules.deadlineNanos());
  }

  /** How it ended, and why. */
  record End(Result result, VfioException failure) {}

  /** With the turns of all devices. */
  End run() {
    // from the start: who hangs may return, and end this, before we know that he hung
    handovers.forEach(handover -> handover.entry.setHanging(true));
    try (BoundedCall calls = new BoundedCall("busbar-swap-" + names(), rules.deadlineNanos())) {
      VfioException failure = null;
      Result result = Result.DONE;
      try {
        each(calls, "probing", Handover::prepare);
        recording.phase("probe");
        calls.call(to + " taking over " + names(), verdict.begin(), this::switchOver, this::settle);
      } catch (RuntimeException e) {
        failure = Faults.of(e, to.toString(), "taking over " + names());
        result = calls.hangs() ? giveUp(failure) : kept;
        failure = result == Result.DONE ? null : failure;
      }
      recording.opened();
      finish(calls, result);
      return new End(result, failure);
    }
  }

  /**
   * All for which operations have to wait, on the thread of the swap from the first line to the
   * last: to wake another one in between would take longer than the rest.
   */
  private Void switchOver() {
    recording.closed();
    still.set(Stillness.of(objects(), rules.deadlineNanos()));
    recording.phase("drain");
    verdict.drained();
    try {
      handovers.forEach(Handover::save);
      recording.phase("save");
      handovers.forEach(Handover::restore);
      recording.phase("restore");
      checkStillThere();
      verdict.done();
      handovers.forEach(Handover::commit);
      recording.phase("commit");
    } catch (RuntimeException | Error e) {
      if (verdict.failed()) {
        kept = back(Faults.of(e, to.toString(), "taking over " + names()));
      }
      throw e;
    } finally {
      open();
      verdict.over();
    }
    return null;
  }

  /** Operations go on; once. */
  private void open() {
    Stillness now = still.getAndSet(null);
    if (now != null) {
      now.end(recording::opened);
    }
  }

  /** A step hangs, or has just not hung: then it is too late to give the swap up. */
  private Result giveUp(VfioException failure) {
    if (verdict.giveUp()) {
      handovers.forEach(Handover::abandon);
      Result result = back(failure);
      open();
      return result;
    }
    return verdict.isDone() ? Result.DONE : kept;
  }

  private void checkStillThere() {
    if (to.hasDeparted()) {
      throw Errno.ENODEV.because("%s went away while it took over %s", to, names());
    }
    for (Handover handover : handovers) {
      if (handover.object.killedBecause() != null) {
        throw Errno.ENODEV.because(handover.object.killedBecause());
      }
    }
  }

  /** The old one goes on; if even that cannot be, the device is lost. */
  private Result back(VfioException failure) {
    try {
      handovers.reversed().forEach(Handover::back);
      recording.phase("back");
      return Result.KEPT;
    } catch (RuntimeException e) {
      String because = "neither " + to + " nor its predecessor runs: " + failure.because();
      for (Handover handover : handovers) {
        if (!handover.isBack()) {
          departures.lose(handover.entry, because, this::open);
        }
      }
      return Result.LOST;
    }
  }

  private void finish(BoundedCall calls, Result result) {
    if (calls.hangs()) {
      return; // what is left to do follows the hung call
    }
    handovers.forEach(handover -> handover.entry.setHanging(false));
    try {
      calls.call(
          to + " ending the swap of " + names(),
          () -> {
            handovers.forEach(result == Result.DONE ? Handover::finish : Handover::discard);
            return null;
          },
          () -> {});
    } catch (VfioException e) {
      // the swap is over, and whoever hangs in its end is none of the clients' business
    }
    recording.phase("end");
  }

  private void each(BoundedCall calls, String what, Consumer<Handover> step) {
    calls.call(
        to + " " + what + " " + names(),
        () -> {
          handovers.forEach(step);
          return null;
        },
        this::settle);
  }

  /** A hung call returned at last. */
  private void settle() {
    if (verdict.isDone()) {
      // it did not hang after all, only its end came late
      handovers.forEach(Handover::finish);
      handovers.forEach(handover -> handover.entry.setHanging(false));
      return;
    }
    try {
      Stillness still = Stillness.of(objects(), rules.deadlineNanos());
      try {
        handovers.forEach(Handover::settle);
      } finally {
        still.end();
      }
    } catch (VfioException e) {
      handovers.forEach(Handover::discard);
    } finally {
      handovers.forEach(handover -> handover.entry.setHanging(false));
      // a successor that came meanwhile was not let in
      handovers.forEach(handover -> departures.bridge().retry(handover.entry, to));
    }
  }

  private List<DeviceObject> objects() {
    return handovers.stream().map(handover -> handover.object).toList();
  }

  private String names() {
    return String.join(", ", handovers.stream().map(handover -> handover.entry.name()).toList());
  }
}

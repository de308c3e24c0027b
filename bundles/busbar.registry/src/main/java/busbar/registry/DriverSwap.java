package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.swap.BoundedCall;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecording;
import java.util.List;
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
  }

  /** How it ended, and why. */
  record End(Result result, VfioException failure) {}

  /** With the turns of all devices. */
  End run() {
    // from the start: who hangs may return, and end this, before we know that he hung
    handovers.forEach(handover -> handover.entry.setHanging(true));
    try (BoundedCall calls = new BoundedCall("busbar-swap-" + names(), rules.deadlineNanos())) {
      Stillness still = null;
      VfioException failure = null;
      Result result = Result.DONE;
      try {
        each(calls, "probing", Handover::prepare);
        recording.phase("probe");
        recording.closed();
        still = Stillness.of(objects(), rules.deadlineNanos());
        recording.phase("drain");
        carry(calls);
        checkStillThere();
        handovers.forEach(Handover::commit);
        recording.phase("commit");
      } catch (RuntimeException e) {
        failure = Faults.of(e, to.toString(), "taking over " + names());
        result = back(calls, failure, still);
      } finally {
        if (still != null) {
          still.end();
        }
        recording.opened();
      }
      finish(calls, result);
      return new End(result, failure);
    }
  }

  private void carry(BoundedCall calls) {
    calls.call(
        to + " taking over " + names(),
        () -> {
          handovers.forEach(Handover::save);
          recording.phase("save");
          handovers.forEach(Handover::restore);
          recording.phase("restore");
          return null;
        },
        this::settle);
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
  private Result back(BoundedCall calls, VfioException failure, Stillness still) {
    boolean hangs = calls.hangs();
    if (hangs) {
      handovers.forEach(Handover::abandon);
    }
    try {
      if (hangs) {
        handovers.reversed().forEach(Handover::back);
      } else if (still != null) {
        each(calls, "giving back", Handover::back);
      }
      recording.phase("back");
      return Result.KEPT;
    } catch (RuntimeException e) {
      String because = "neither " + to + " nor its predecessor runs: " + failure.because();
      for (Handover handover : handovers) {
        if (!handover.isBack()) {
          departures.lose(handover.entry, because, still == null ? () -> {} : still::end);
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

package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.swap.BoundedCall;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapRecording;

/** A held device is taken over by a driver that came; its gates are closed all the while. */
final class Adoption {
  private final Hold hold;
  private final DriverEntry driver;
  private final SwapRules rules;
  private final Runnable settled;
  private final Handover handover;
  private final SwapRecording attempt;

  /**
   * @param settled runs when a driver that hung has returned and given back what it took
   */
  Adoption(Hold hold, DriverEntry driver, SwapRules rules, Runnable settled) {
    this.hold = hold;
    this.driver = driver;
    this.rules = rules;
    this.settled = settled;
    this.handover = Handover.from(hold, driver);
    this.attempt =
        new SwapRecording(
            hold.entry.name(),
            Bridge.KIND,
            Way.UPDATE,
            "the service of " + driver.candidate + " came",
            hold.driver().candidate,
            driver.candidate);
  }

  /** Returns {@code null} if the driver is in place; else the device waits for another one. */
  VfioException run() {
    hold.recording.phase("gap");
    // from the start: who hangs may return, and end this, before we know that he hung
    hold.entry.setHanging(true);
    try (BoundedCall calls =
        new BoundedCall("busbar-adopt-" + hold.entry.name(), rules.deadlineNanos())) {
      try {
        calls.call(
            driver + " taking over " + hold.entry.name(),
            () -> {
              handover.prepare();
              phase("probe");
              handover.restore();
              phase("restore");
              return null;
            },
            this::settle);
        if (driver.hasDeparted()) {
          throw Errno.ENODEV.because("%s went away while it took %s", driver, hold.entry.name());
        }
        handover.commit();
        phase("commit");
        hold.entry.setHanging(false);
        return null;
      } catch (RuntimeException e) {
        giveBack(calls);
        return Faults.of(e, driver.toString(), "taking over " + hold.entry.name());
      }
    }
  }

  private void phase(String name) {
    hold.recording.phase(name);
    attempt.phase(name);
  }

  /** The state stays what it is: nothing has run since it was told. */
  private void giveBack(BoundedCall calls) {
    if (calls.hangs()) {
      handover.abandon();
    } else {
      hold.entry.setHanging(false);
      Faults.swallow(
          driver.toString(),
          "giving back " + hold.entry.name(),
          () ->
              calls.call(
                  driver + " giving back " + hold.entry.name(),
                  () -> {
                    handover.untake();
                    return null;
                  },
                  () -> {}));
    }
  }

  private void settle() {
    handover.untake();
    hold.entry.setHanging(false);
    settled.run();
  }

  SwapRecord refused(VfioException why) {
    return attempt.end(
        Result.WAITING, why.because() + "; operations wait for another successor", "");
  }

  /** Opens the gates. */
  SwapRecord end() {
    hold.end();
    hold.recording.successor(driver.candidate);
    return hold.recording.end(Result.DONE, driver + " took over", "");
  }

  /** The old one lets go of what is the new one's now. */
  void finish() {
    handover.finish();
  }
}

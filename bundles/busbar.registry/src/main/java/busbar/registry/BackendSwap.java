package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.swap.BoundedCall;
import busbar.api.swap.SwapRecording;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Takes a container from one backend to another, both being there. The backends' part runs on a
 * thread of the swap, with a deadline.
 */
final class BackendSwap {
  private final Container container;
  private final Attachment attachment;
  private final Chosen<?> old;
  private final BackendEntry<?> to;
  private final SwapRecording recording;
  private final SwapRules rules;
  private final BackendHandover handover;

  private final Verdict verdict;
  private final AtomicReference<Gate> paused = new AtomicReference<>();
  private final AtomicBoolean resumed = new AtomicBoolean();
  private volatile boolean saved;

  BackendSwap(
      Container container,
      Attachment attachment,
      Chosen<?> old,
      BackendEntry<?> to,
      SwapRecording recording,
      SwapRules rules) {
    this.container = container;
    this.attachment = attachment;
    this.old = old;
    this.to = to;
    this.recording = recording;
    this.rules = rules;
    this.handover = new BackendHandover(to, attachment);
    this.verdict = new Verdict(to, container, rules.deadlineNanos());
  }

  /** Returns {@code null} if it is done, else why not. */
  VfioException run() {
    VfioException failure = null;
    try (BoundedCall calls =
        new BoundedCall("busbar-swap-" + container.name(), rules.deadlineNanos())) {
      try {
        run(calls, to + " being opened", handover::open, handover::discard);
        recording.phase("open");
        calls.call(
            to + " taking over " + container, verdict.begin(), this::switchOver, this::settle);
      } catch (RuntimeException e) {
        failure = Faults.of(e, to.toString(), "taking over " + container);
        if (calls.hangs() && giveUp()) {
          failure = null;
        }
      }
      recording.opened();
      finish(calls, failure == null ? old::forget : handover::discard);
      recording.phase("end");
    }
    return failure;
  }

  /** All for which calls have to wait, on the thread of the swap; see {@link DriverSwap}. */
  private Void switchOver() {
    recording.closed();
    if (!attachment.gate.pause(rules.deadlineNanos())) {
      throw attachment.gate.hasEnded()
          ? Errno.ENODEV.because("%s lets its backend go", container)
          : Errno.EBUSY.because("a call of %s does not end", container);
    }
    paused.set(attachment.gate);
    recording.phase("drain");
    verdict.drained();
    try {
      if (attachment.chosen() != old) {
        throw Errno.EBUSY.because("%s got another backend meanwhile", container);
      }
      StateRecord state = old.save();
      saved = true;
      recording.phase("save");
      Chosen<?> fresh = handover.restore(state);
      if (to.hasDeparted()) {
        throw Errno.ENODEV.because("%s went away while it took %s", to, container);
      }
      verdict.done();
      attachment.exchange(fresh);
      recording.phase("restore");
    } catch (RuntimeException | Error e) {
      if (verdict.failed()) {
        resumeOld();
      }
      throw e;
    } finally {
      open();
      verdict.over();
    }
    return null;
  }

  private void resumeOld() {
    if (saved && resumed.compareAndSet(false, true)) {
      Faults.swallow(old.backend().toString(), "going on with " + container, old::resume);
    }
  }

  private void open() {
    Gate gate = paused.getAndSet(null);
    if (gate != null) {
      Runnable waking = gate.reopen();
      recording.opened();
      waking.run();
    }
  }

  /** A step hangs; returns whether it has just not hung and the swap is done after all. */
  private boolean giveUp() {
    if (verdict.giveUp()) {
      resumeOld();
      open();
      return false;
    }
    return verdict.isDone();
  }

  /** A call that hung has returned. */
  private void settle() {
    if (verdict.isDone()) {
      Faults.swallow(old.backend().toString(), "forgetting " + container, old::forget);
      return;
    }
    if (attachment.chosen() == old) {
      resumeOld();
    }
    handover.discard();
  }

  private static void run(BoundedCall calls, String what, Runnable step, Runnable late) {
    calls.call(
        what,
        () -> {
          step.run();
          return null;
        },
        late);
  }

  private static void finish(BoundedCall calls, Runnable step) {
    if (!calls.hangs()) {
      try {
        run(calls, "ending a swap", step, () -> {});
      } catch (RuntimeException e) {
        Faults.of(e, "a backend", "ending a swap");
      }
    }
  }
}

package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.state.StateRecord;
import busbar.api.swap.SwapRecording;
import busbar.machine.internal.model.Handover.Fresh;
import busbar.machine.internal.model.ModelDirectory.Entry;
import busbar.machine.model.DeviceModel;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The steps of exchanging the model of one device. One thread at a time; failures are {@link
 * VfioException}, and leave in place who was there.
 */
final class ModelExchange {
  private final String model;
  private final ModelHost.Device device;
  private final ModelSlot slot;
  private final ModelDirectory directory;
  private final ExchangeRules rules;

  /** Whether a call of the model in place was given up and still hangs. */
  private volatile BooleanSupplier late = () -> false;

  ModelExchange(
      String model,
      ModelHost.Device device,
      ModelSlot slot,
      ModelDirectory directory,
      ExchangeRules rules) {
    this.model = model;
    this.device = device;
    this.slot = slot;
    this.directory = directory;
    this.rules = rules;
  }

  /** Whether a call that was given up has not returned. Any thread. */
  boolean hangs() {
    return late.getAsBoolean();
  }

  /** From the model in place to a new one, with all state; returns the new one's leash. */
  Leash exchange(Entry to, Leash leash, SwapRecording recording) {
    checkResponsive();
    try (ModelCalls calls = calls()) {
      Fresh fresh = create(to, calls, recording);
      DeviceModel old = slot.model();
      Handover handover = handover(old, leash, recording);
      late = calls.late();
      calls.attempt(handover, fresh, () -> handover.exchange(fresh, () -> checkThere(to)));
      calls.close(old);
      return fresh.leash();
    }
  }

  /** The state of the model in place, which goes on. */
  StateRecord look(Leash leash, SwapRecording recording) {
    checkResponsive();
    AtomicReference<StateRecord> seen = new AtomicReference<>();
    try (ModelCalls calls = calls()) {
      Handover handover = handover(slot.model(), leash, recording);
      late = calls.late();
      calls.attempt(handover, null, () -> seen.set(handover.look()));
    }
    return seen.get();
  }

  /** From the model in place to a new one of the same factory with a state of its own. */
  Leash replace(Entry by, Leash leash, StateRecord state, Runnable taken, SwapRecording recording) {
    checkResponsive();
    try (ModelCalls calls = calls()) {
      Fresh fresh = create(by, calls, recording);
      DeviceModel old = slot.model();
      Handover handover = handover(old, leash, recording);
      late = calls.late();
      calls.attempt(handover, fresh, () -> handover.replace(fresh, state, taken));
      calls.close(old);
      return fresh.leash();
    }
  }

  /** From the model in place to nobody; accesses wait. Returns the state. */
  StateRecord park(Leash leash, SwapRecording recording) {
    checkResponsive();
    DeviceModel old = slot.model();
    Handover handover = handover(old, leash, recording);
    try (ModelCalls calls = calls()) {
      late = calls.late();
      calls.attempt(handover, null, handover::park);
      calls.close(old);
    }
    return handover.parked();
  }

  /** From nobody to a new one, with the state unless the device was reset meanwhile. */
  Leash fill(Entry to, StateRecord state, SwapRecording recording) {
    try (ModelCalls calls = calls()) {
      Fresh fresh = create(to, calls, recording);
      Handover handover = handover(null, null, recording);
      StateRecord wanted = slot.wasReset() ? null : state;
      calls.attempt(handover, fresh, () -> handover.fill(fresh, wanted, () -> checkThere(to)));
      return fresh.leash();
    }
  }

  /** Closes a model that may hang. */
  void close(DeviceModel old) {
    try (ModelCalls calls = calls()) {
      calls.close(old);
    }
  }

  private void checkResponsive() {
    if (hangs()) {
      throw Errno.EBUSY.because(
          "a call of a model of %s was given up and has not returned", device.name());
    }
  }

  private ModelCalls calls() {
    return new ModelCalls(device.name(), rules.deadlineNanos());
  }

  private Handover handover(DeviceModel old, Leash leash, SwapRecording recording) {
    return new Handover(slot, old, leash, recording, rules.deadlineNanos());
  }

  private Fresh create(Entry from, ModelCalls calls, SwapRecording recording) {
    Leash fresh = new Leash(device.context(), slot.gate());
    DeviceModel made = calls.create(from.candidate(model).toString(), from.factory(), fresh);
    recording.phase("create");
    return new Fresh(made, fresh);
  }

  private void checkThere(Entry successor) {
    if (!directory.has(successor)) {
      throw Errno.ENODEV.because(
          "the factory of %s went away meanwhile", successor.candidate(model));
    }
  }
}

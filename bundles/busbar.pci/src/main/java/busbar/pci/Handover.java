package busbar.pci;

import busbar.api.EventFd;
import busbar.api.pci.PciSavedState;
import busbar.api.state.StateRecord;
import busbar.pci.Bars.Claim;
import busbar.pci.OpenFunction.Findings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;

/** The whole state of a function on its way to the next version of this driver. */
final class Handover {
  static final String KIND = "vfio-pci";
  static final int VERSION = 1;

  private Handover() {}

  static StateRecord save(PciCoreDevice core, boolean sriovEnabled) {
    Map<String, Object> values = new HashMap<>();
    values.put("open", core.isOpen());
    values.put("sriovEnabled", sriovEnabled);
    values.put("needsReset", core.needsReset());
    core.token().ifPresent(token -> values.put("token", token.numbers()));
    core.physicalToken().ifPresent(token -> values.put("physicalToken", token.numbers()));
    put(values, "savedState", core.power.savedState());
    put(values, "suspendedState", core.power.suspendedState());
    if (core.isOpen()) {
      saveOpen(core, values);
    }
    return new StateRecord(KIND, VERSION, values);
  }

  private static void put(Map<String, Object> values, String name, Object value) {
    if (value != null) {
      values.put(name, value);
    }
  }

  private static void saveOpen(PciCoreDevice core, Map<String, Object> values) {
    OpenFunction function = core.opened();
    Findings findings = function.findings;
    values.put("resetWorks", findings.resetWorks());
    values.put("masking", findings.masking().name());
    values.put("intxBroken", findings.intxBroken());
    values.put("atOpen", findings.atOpen().config());
    LowPower.Saved lowPower = core.lowPower.save();
    values.put("lowPower", lowPower.engaged());
    values.put("asleep", lowPower.asleep());
    values.put("sleepMaskedIntx", lowPower.intxMasked());
    put(values, "wakeup", lowPower.wakeup());
    values.put("config", function.config.save());
    values.put("unclaimedBars", function.bars.unclaimed());
    values.put("interrupts", function.irqs.save());
    values.put("errReq", new StateRecord("vfio-pci errreq", 1, function.errReq.save()));
    values.put("ioeventfds", function.ioeventfds.save());
  }

  /** What is taken over once everything of a record was found to be there. */
  private record Taken(
      OpenFunction function,
      LowPower.Saved lowPower,
      StateRecord interrupts,
      List<StateRecord> ioeventfds) {}

  /** Takes over; returns whether virtual functions were enabled through the predecessor. */
  static boolean restore(PciCoreDevice fresh, StateRecord record) {
    StateRecord state = record.expect(KIND, VERSION);
    // everything is read before anything is taken over, so that a wrong record changes nothing
    Taken taken = state.get("open", Boolean.class) ? taken(fresh, state) : null;
    boolean sriovEnabled = state.get("sriovEnabled", Boolean.class);
    fresh.setNeedsReset(state.get("needsReset", Boolean.class));
    fresh.adoptTokens(token(state, "token"), token(state, "physicalToken"));
    fresh.power.restoreSavedState((byte[]) state.values().get("savedState"));
    fresh.power.restoreSuspendedState((byte[]) state.values().get("suspendedState"));
    if (taken != null) {
      fresh.adopt(taken.function());
      fresh.lowPower.restore(taken.lowPower());
      taken.function().irqs.restore(taken.interrupts());
      taken.function().ioeventfds.restore(taken.ioeventfds());
      fresh.listen();
    }
    return sriovEnabled;
  }

  private static Taken taken(PciCoreDevice fresh, StateRecord state) {
    return new Taken(
        openFunction(fresh, state),
        new LowPower.Saved(
            state.get("lowPower", Boolean.class),
            state.get("asleep", Boolean.class),
            state.get("sleepMaskedIntx", Boolean.class),
            (EventFd) state.values().get("wakeup")),
        state.get("interrupts", StateRecord.class),
        state.list("ioeventfds", StateRecord.class));
  }

  private static OpenFunction openFunction(PciCoreDevice fresh, StateRecord state) {
    Findings findings =
        new Findings(
            state.get("resetWorks", Boolean.class),
            Intx.Masking.valueOf(state.get("masking", String.class)),
            state.get("intxBroken", Boolean.class),
            new PciSavedState(state.get("atOpen", byte[].class)));
    OpenFunction function = new OpenFunction(fresh, findings, Claim.INHERIT);
    function.config.restore(state.get("config", StateRecord.class));
    function.bars.restoreUnclaimed(state.list("unclaimedBars", Long.class));
    function.errReq.restore(state.get("errReq", StateRecord.class).values());
    return function;
  }

  private static Optional<VfToken> token(StateRecord state, String name) {
    return Optional.ofNullable((AtomicLongArray) state.values().get(name)).map(VfToken::new);
  }

  /** The swap was called off: listens and delivers again. */
  static void resume(PciCoreDevice core) {
    if (core.isOpen()) {
      core.opened().irqs.resume();
      core.opened().ioeventfds.resume();
      core.listen();
    }
  }
}

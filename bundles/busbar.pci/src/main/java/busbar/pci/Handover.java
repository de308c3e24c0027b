package busbar.pci;

import busbar.api.Errno;
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
import java.util.concurrent.atomic.AtomicReference;

/**
 * The whole state of a function on its way to the next version of this driver.
 *
 * <p>Some values are shared and not copied, since they change while the gate is closed: whether
 * INTx is masked, the tokens, the last state of power, and wishes to be woken.
 */
final class Handover {
  static final String KIND = "vfio-pci";
  static final int VERSION = 1;

  private Handover() {}

  /** Stops listening and tells all; listens on if that fails, since nobody resumes it then. */
  static StateRecord save(PciCoreDevice core, boolean sriovEnabled) {
    core.stopListening();
    try {
      return tell(core, sriovEnabled);
    } catch (RuntimeException | Error e) {
      core.resume();
      throw e;
    }
  }

  private static StateRecord tell(PciCoreDevice core, boolean sriovEnabled) {
    LowPower.Crossing power = core.lowPower.save();
    Map<String, Object> values = new HashMap<>();
    values.put("open", core.isOpen());
    values.put("options", core.options().toRecord());
    values.put("sriovEnabled", sriovEnabled);
    values.put("needsReset", core.needsReset());
    values.put("power", power.state());
    values.put("wakeRequests", power.wakeRequests());
    core.token().ifPresent(token -> values.put("token", token.numbers()));
    core.physicalToken().ifPresent(token -> values.put("physicalToken", token.numbers()));
    if (core.isOpen()) {
      saveOpen(core.opened(), values);
    }
    return new StateRecord(KIND, VERSION, values);
  }

  private static void saveOpen(OpenFunction function, Map<String, Object> values) {
    Findings findings = function.findings;
    values.put("resetWorks", findings.resetWorks());
    values.put("masking", findings.masking().name());
    values.put("intxBroken", findings.intxBroken());
    values.put("atOpen", findings.atOpen().config());
    values.put("config", function.config.save());
    values.put("unclaimedBars", function.bars.unclaimed());
    values.put("interrupts", function.irqs.save());
    values.put("errReq", function.errReq.save());
    values.put("ioeventfds", function.ioeventfds.save());
  }

  /** What is taken over once everything of a record was found to be there. */
  private record Taken(
      OpenFunction function, Interrupts.Saved interrupts, List<Ioeventfds.Saved> ioeventfds) {}

  /** Takes over; returns whether virtual functions were enabled through the predecessor. */
  static boolean restore(PciCoreDevice fresh, StateRecord record) {
    StateRecord state = record.expect(KIND, VERSION);
    // everything is read before anything is taken over, so that a wrong record changes nothing
    fresh.adoptOptions(PciParameters.Latched.of(state.get("options", StateRecord.class)));
    Taken taken = state.get("open", Boolean.class) ? taken(fresh, state) : null;
    LowPower.Crossing power = power(state);
    LowPower.Saved sleep = LowPower.Saved.of(power.state().get(), fresh.device.configSize());
    boolean sriovEnabled = state.get("sriovEnabled", Boolean.class);
    boolean needsReset = state.get("needsReset", Boolean.class);
    Optional<VfToken> token = token(state, "token");
    Optional<VfToken> physicalToken = token(state, "physicalToken");
    if (token.isPresent() != fresh.token().isPresent() || sriovEnabled && token.isEmpty()) {
      throw Errno.EINVAL.because("%s and the state do not agree on SR-IOV", fresh.name());
    }
    fresh.setNeedsReset(needsReset);
    fresh.adoptTokens(token, physicalToken);
    fresh.lowPower.restore(power, sleep);
    if (taken != null) {
      fresh.adopt(taken.function());
      fresh.listen();
      taken.function().irqs.restore(taken.interrupts());
      taken.function().ioeventfds.restore(taken.ioeventfds());
    }
    return sriovEnabled;
  }

  @SuppressWarnings("unchecked")
  private static LowPower.Crossing power(StateRecord state) {
    AtomicReference<?> cell = state.get("power", AtomicReference.class);
    if (!(cell.get() instanceof StateRecord)) {
      throw Errno.EINVAL.because("the state of power is missing");
    }
    return new LowPower.Crossing(
        (AtomicReference<StateRecord>) cell, state.get("wakeRequests", EventFd.class));
  }

  private static Taken taken(PciCoreDevice fresh, StateRecord state) {
    byte[] atOpen = state.get("atOpen", byte[].class);
    if (atOpen.length != fresh.device.configSize()) {
      throw Errno.EINVAL.because(
          "the state has a configuration of %d bytes, %s has %d",
          atOpen.length, fresh.name(), fresh.device.configSize());
    }
    Findings findings =
        new Findings(
            state.get("resetWorks", Boolean.class),
            state.choice("masking", Intx.Masking.class),
            state.get("intxBroken", Boolean.class),
            new PciSavedState(atOpen));
    OpenFunction function = new OpenFunction(fresh, findings, Claim.INHERIT);
    function.config.restore(state.get("config", StateRecord.class));
    function.bars.restoreUnclaimed(state.list("unclaimedBars", Long.class));
    function.errReq.restore(state.get("errReq", StateRecord.class));
    return new Taken(
        function,
        function.irqs.read(state.get("interrupts", StateRecord.class)),
        function.ioeventfds.read(state.list("ioeventfds", StateRecord.class)));
  }

  private static Optional<VfToken> token(StateRecord state, String name) {
    return state.optional(name, AtomicLongArray.class).map(VfToken::new);
  }
}

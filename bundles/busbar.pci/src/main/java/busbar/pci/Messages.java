package busbar.pci;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.irq.InterruptSource;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Handler;
import busbar.api.irq.InterruptSource.Sharing;
import busbar.api.irq.InterruptSource.Start;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciDevice.MessageKind;
import busbar.api.state.StateRecord;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** MSI or MSI-X of an open device: vectors and the eventfds that they signal. Inside the gate. */
final class Messages {
  /** A vector that is wired. */
  private record Wire(InterruptSource source, EventFd trigger) {
    Handler handler() {
      return () -> {
        trigger.signal();
        return Handled.YES;
      };
    }
  }

  private final PciCoreDevice core;
  private final BitSet allocated = new BitSet();
  private final TreeMap<Integer, Wire> wires = new TreeMap<>();
  private MessageKind kind;

  Messages(PciCoreDevice core) {
    this.core = core;
  }

  /** Allocates vectors; returns how many there are, and nothing is on if these are too few. */
  int enable(MessageKind wantedKind, int wanted) {
    int[] got = new int[1];
    core.memory.decoding(() -> got[0] = core.device.enableMessages(wantedKind, wanted));
    if (got[0] >= wanted) {
      kind = wantedKind;
      allocated.set(0, wanted);
    }
    return got[0];
  }

  EventFd wiredTo(int vector) {
    Wire wire = wires.get(vector);
    return wire == null ? null : wire.trigger();
  }

  /** Takes the old wire away, then makes the new one; a vector stays allocated in between. */
  void wire(int vector, Caller caller, int fd) {
    Wire old = wires.remove(vector);
    if (old != null) {
      core.memory.decoding(() -> old.source().free());
    }
    if (fd < 0) {
      return;
    }
    if (!allocated.get(vector)) {
      allocate(vector);
    }
    EventFd trigger = caller.eventFd(fd);
    PciDevice device = core.device;
    Wire wire = new Wire(device.message(vector), trigger);
    core.memory.decoding(
        () -> {
          if (kind == MessageKind.MSIX) {
            device.rewriteMessage(vector);
          }
          wire.source()
              .request(
                  "vfio-%s[%d](%s)".formatted(label(), vector, core.name()),
                  Sharing.EXCLUSIVE,
                  Start.ENABLED,
                  wire.handler());
        });
    wires.put(vector, wire);
  }

  private String label() {
    return kind == MessageKind.MSI ? "msi" : "msix";
  }

  private void allocate(int vector) {
    if (kind != MessageKind.MSIX || !core.device.canAddMessages()) {
      throw Errno.EINVAL.because(
          "vector %d of %s was not there when %s was turned on, and this host cannot add it",
          vector, core.name(), kind);
    }
    core.memory.decoding(() -> core.device.allocateMessage(vector));
    allocated.set(vector);
  }

  void disable() {
    core.memory.decoding(
        () -> {
          wires.values().forEach(wire -> wire.source().free());
          core.device.disableMessages();
        });
    wires.clear();
    allocated.clear();
  }

  StateRecord save() {
    Map<String, Object> triggers = new HashMap<>();
    wires.forEach((vector, wire) -> triggers.put(Integer.toString(vector), wire.trigger()));
    return new StateRecord(
        "vfio-pci messages",
        1,
        Map.of(
            "allocated",
            allocated.stream().mapToObj(Long::valueOf).toList(),
            "triggers",
            new StateRecord("vfio-pci triggers", 1, triggers)));
  }

  void restore(StateRecord state, MessageKind inForce) {
    kind = inForce;
    state.list("allocated", Long.class).forEach(vector -> allocated.set(vector.intValue()));
    StateRecord triggers = state.get("triggers", StateRecord.class);
    triggers
        .values()
        .forEach(
            (vector, trigger) ->
                wires.put(
                    Integer.valueOf(vector),
                    new Wire(core.device.message(Integer.parseInt(vector)), (EventFd) trigger)));
    resume();
  }

  void resume() {
    wires.values().forEach(wire -> wire.source().handOver(wire.handler()));
  }
}

package busbar.pci;

import static busbar.pci.PciRegs.PCI_MSIX_FLAGS_QSIZE;

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
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
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
    for (Map.Entry<Integer, Wire> wired : wires.entrySet()) {
      triggers.put(wired.getKey().toString(), wired.getValue().trigger());
    }
    return new StateRecord(
        "vfio-pci messages",
        1,
        Map.of(
            "allocated",
            vectors(allocated),
            "triggers",
            new StateRecord("vfio-pci triggers", 1, triggers)));
  }

  private static List<Long> vectors(BitSet set) {
    List<Long> vectors = new ArrayList<>();
    for (int vector = set.nextSetBit(0); vector >= 0; vector = set.nextSetBit(vector + 1)) {
      vectors.add((long) vector);
    }
    return vectors;
  }

  /** What a predecessor had, with the vectors of the hardware; nothing is taken over yet. */
  static final class Saved {
    private final BitSet allocated = new BitSet();
    private final TreeMap<Integer, Wire> wires = new TreeMap<>();
  }

  /** {@code EINVAL} if a vector is wired that is not there. */
  Saved read(StateRecord state) {
    Saved saved = new Saved();
    StateRecord triggers = state.get("triggers", StateRecord.class);
    for (long vector : state.list("allocated", Long.class)) {
      if (vector < 0 || vector > PCI_MSIX_FLAGS_QSIZE) {
        throw Errno.EINVAL.because("the state has a vector %d", vector);
      }
      saved.allocated.set((int) vector);
      EventFd trigger = triggers.optional(Long.toString(vector), EventFd.class).orElse(null);
      if (trigger != null) {
        saved.wires.put((int) vector, new Wire(source((int) vector), trigger));
      }
    }
    if (saved.wires.size() != triggers.values().size()) {
      throw Errno.EINVAL.because(
          "of the vectors %s some are not among those of %s",
          triggers.values().keySet(), core.name());
    }
    return saved;
  }

  private InterruptSource source(int vector) {
    InterruptSource source = null;
    try {
      source = core.device.message(vector);
    } catch (RuntimeException e) {
      // said below
    }
    if (source == null) {
      throw Errno.EINVAL.because("%s has no vector %d", core.name(), vector);
    }
    return source;
  }

  void restore(Saved saved, MessageKind inForce) {
    kind = inForce;
    allocated.or(saved.allocated);
    wires.putAll(saved.wires);
    resume();
  }

  void resume() {
    for (Wire wire : wires.values()) {
      wire.source().handOver(wire.handler());
    }
  }
}

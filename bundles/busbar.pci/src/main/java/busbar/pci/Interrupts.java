package busbar.pci;

import static busbar.pci.PciRegs.*;
import static busbar.uapi.VfioHeader.VFIO_PCI_ERR_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_INTX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSIX_IRQ_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.irq.InterruptSource;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciDevice.MessageKind;
import busbar.api.state.StateRecord;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Which kind of interrupt an open device uses: INTx, MSI or MSI-X, one at a time ({@code
 * vfio_pci_intrs.c}).
 *
 * <p>The interrupt gate serialises changes of the wiring; delivery takes no lock of this class.
 */
final class Interrupts {
  /** The kind in force. */
  enum Type {
    NONE,
    INTX,
    MSI,
    MSIX
  }

  private static final int MAX_MSI_LOG2 = 5;

  private final PciCoreDevice core;
  private final boolean intxBroken;
  private final ReentrantLock interruptGate = new ReentrantLock();
  private final Intx intx;
  private final Messages messages;
  private final int msiCapability;
  private final int msixCapability;
  private volatile Type type = Type.NONE;
  private volatile int msiVectorsLog2;

  /**
   * @param maskable whether INTx is masked in COMMAND; else its line is disabled
   * @param intxBroken whether the function's INTx cannot be used at all
   */
  Interrupts(PciCoreDevice core, Layout layout, Intx.Masking masking, boolean intxBroken) {
    this.core = core;
    this.intxBroken = intxBroken;
    intx = new Intx(core, masking);
    messages = new Messages(core);
    msiCapability = layout.msi();
    msixCapability = layout.msix();
  }

  Type type() {
    return type;
  }

  boolean isIntxBroken() {
    return intxBroken;
  }

  /** Whether there is an INTx to be shown to the user. */
  boolean intxUsable() {
    return !intxBroken && core.device.intx().isPresent();
  }

  int msiVectorsLog2() {
    return msiVectorsLog2;
  }

  /** How many interrupts an index has; {@code hasPin} as the user sees the pin register. */
  int count(int index, boolean hasPin) {
    PciDevice device = core.device;
    return switch (index) {
      case VFIO_PCI_INTX_IRQ_INDEX -> hasPin ? 1 : 0;
      case VFIO_PCI_MSI_IRQ_INDEX ->
          msiCapability == 0
              ? 0
              : 1
                  << ((device.readConfig(msiCapability + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_QMASK)
                      >> 1);
      case VFIO_PCI_MSIX_IRQ_INDEX ->
          msixCapability == 0
              ? 0
              : (device.readConfig(msixCapability + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
      case VFIO_PCI_ERR_IRQ_INDEX -> device.reportsErrors() ? 1 : 0;
      default -> 1;
    };
  }

  /** Runs a change of the wiring. */
  long gated(LongSupplier change) {
    interruptGate.lock();
    try {
      return change.getAsLong();
    } finally {
      interruptGate.unlock();
    }
  }

  Intx intx() {
    return intx;
  }

  /** Turns INTx on; inside the gate. */
  void enableIntx(EventFd trigger) {
    type = Type.INTX;
    try {
      intx.enable(trigger);
    } catch (RuntimeException e) {
      type = Type.NONE;
      throw e;
    }
  }

  /**
   * Turns messages on for vectors 0 to {@code wanted - 1}; inside the gate.
   *
   * @return 0, or how many there could be if that is fewer
   */
  int enableMessages(MessageKind kind, int wanted) {
    if (wanted == 0) {
      throw Errno.ERANGE.because("%s cannot be turned on with no vector", kind);
    }
    int got = messages.enable(kind, wanted);
    if (got < wanted) {
      return got;
    }
    type = kind == MessageKind.MSI ? Type.MSI : Type.MSIX;
    if (kind == MessageKind.MSI) {
      msiVectorsLog2 = 32 - Integer.numberOfLeadingZeros(wanted * 2 - 1) - 1;
    }
    return 0;
  }

  /** Wires a vector to an eventfd or, with a negative descriptor, to nothing; inside the gate. */
  void wire(int vector, Caller caller, int fd) {
    messages.wire(vector, caller, fd);
  }

  /** The eventfd of a vector, {@code null} if it has none; inside the gate. */
  EventFd wiredTo(int vector) {
    return messages.wiredTo(vector);
  }

  /** Turns off what is in force; inside the gate. */
  void disable() {
    switch (type) {
      case NONE -> {}
      case INTX -> intx.disable();
      case MSI, MSIX -> {
        messages.disable();
        if (intxBroken) {
          core.command.set(PCI_COMMAND_INTX_DISABLE);
        }
      }
    }
    type = Type.NONE;
  }

  /** The user changed the disable bit of his COMMAND register. */
  void setIntxDisabled(boolean disabled) {
    boolean resend = false;
    interruptGate.lock();
    try {
      resend = intx.setDisabled(disabled);
    } finally {
      interruptGate.unlock();
    }
    if (resend) {
      intx.send();
    }
  }

  /**
   * The device goes to sleep: masks INTx; returns whether {@link #unmaskAfterSleep} must undo it.
   */
  boolean maskForSleep() {
    interruptGate.lock();
    try {
      return type == Type.INTX && intx.mask();
    } finally {
      interruptGate.unlock();
    }
  }

  void unmaskAfterSleep() {
    boolean resend = false;
    interruptGate.lock();
    try {
      resend = intx.unmask();
    } finally {
      interruptGate.unlock();
    }
    if (resend) {
      intx.send();
    }
  }

  StateRecord save() {
    Map<String, Object> values = new HashMap<>();
    values.put("type", type.name());
    values.put("msiVectorsLog2", (long) msiVectorsLog2);
    values.put("intx", intx.save());
    values.put("messages", messages.save());
    return new StateRecord("vfio-pci interrupts", 1, values);
  }

  /** What a predecessor had in force; nothing is taken over yet. */
  record Saved(
      Type type,
      int msiVectorsLog2,
      Intx.Saved intx,
      InterruptSource line,
      Messages.Saved messages) {}

  /** {@code EINVAL} if the function has no such interrupts. */
  Saved read(StateRecord state) {
    Type saved = state.choice("type", Type.class);
    long log2 = state.number("msiVectorsLog2");
    if (log2 < 0 || log2 > MAX_MSI_LOG2) {
      throw Errno.EINVAL.because("the state has 2^%d message vectors", log2);
    }
    InterruptSource line = saved == Type.INTX ? core.device.intx().orElse(null) : null;
    if (saved == Type.INTX && line == null) {
      throw Errno.EINVAL.because("the state has INTx in force, %s has no line", core.name());
    }
    StateRecord vectors = state.get("messages", StateRecord.class);
    return new Saved(
        saved,
        (int) log2,
        Intx.Saved.of(state.get("intx", StateRecord.class)),
        line,
        saved == Type.MSI || saved == Type.MSIX ? messages.read(vectors) : null);
  }

  void restore(Saved saved) {
    type = saved.type();
    msiVectorsLog2 = saved.msiVectorsLog2();
    intx.restore(saved.intx(), saved.line());
    if (saved.messages() != null) {
      messages.restore(
          saved.messages(), saved.type() == Type.MSI ? MessageKind.MSI : MessageKind.MSIX);
    }
  }

  /** Acts on no eventfd any more; delivery goes on. */
  void stopListening() {
    intx.stopListening();
  }

  /** Takes delivery back after a swap that did not happen. */
  void resume() {
    switch (type) {
      case NONE -> {}
      case INTX -> intx.resume();
      case MSI, MSIX -> messages.resume();
    }
  }
}

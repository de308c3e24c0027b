package busbar.pci;

import static busbar.pci.PciRegs.*;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.VfioDevice;
import busbar.api.pci.PciDevice;
import busbar.pci.MemoryGate.Mappings;
import busbar.pci.OpenFunction.Findings;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * The driver's data of one function, {@code struct vfio_pci_core_device}: what it has from bind to
 * unbind, and while it is open an {@link OpenFunction}.
 */
final class PciCoreDevice {
  private static final System.Logger LOG = System.getLogger("busbar.pci");

  final PciDevice device;
  final VfioDevice vfio;
  final PciIds ids;
  final CommandRegister command;
  final MemoryGate memory;
  final FunctionPower power;
  final LowPower lowPower;

  private PciParameters.Latched options;

  /** The token of a physical function. */
  private Optional<VfToken> token;

  /** For a virtual function, the token of the physical one if that is a VFIO device too. */
  private Optional<VfToken> physicalToken;

  private final boolean virtualFunction;
  private Layout foreseen;
  private volatile OpenFunction opened;
  private volatile boolean handedOver;

  /**
   * A close could not reset it; the last close of its set tries with the bus. Under the set lock.
   */
  private boolean needsReset;

  PciCoreDevice(
      PciDevice device,
      VfioDevice vfio,
      PciParameters.Latched options,
      Optional<VfToken> physicalToken) {
    this.device = device;
    this.vfio = vfio;
    this.options = options;
    this.physicalToken = physicalToken;
    ids = PciIds.of(device);
    virtualFunction = device.physicalFunction().isPresent();
    token = device.sriov().map(sriov -> new VfToken());
    command = new CommandRegister(device);
    memory = new MemoryGate(vfio, command);
    power = new FunctionPower(this);
    lowPower = new LowPower(this);
  }

  String name() {
    return device.name();
  }

  /** Whether memory decoding is its physical function's business. */
  boolean isVirtualFunction() {
    return virtualFunction;
  }

  PciParameters.Latched options() {
    return options;
  }

  /** Goes on with what the parameters were when a predecessor took the function. */
  void adoptOptions(PciParameters.Latched latched) {
    options = latched;
  }

  Optional<VfToken> token() {
    return token;
  }

  Optional<VfToken> physicalToken() {
    return physicalToken;
  }

  /** Goes on with the tokens of a predecessor. */
  void adoptTokens(Optional<VfToken> own, Optional<VfToken> physical) {
    token = own;
    physicalToken = physical;
  }

  /** What the open made; only called while the device is open. */
  OpenFunction opened() {
    return opened;
  }

  /**
   * Looks up in configuration space, before operations have to wait, what a predecessor's state
   * does not tell.
   */
  void foresee() {
    foreseen = Layout.of(device);
  }

  /** What {@link #foresee} has found, once; else what is found now. */
  Layout layout() {
    Layout layout = foreseen;
    foreseen = null;
    return layout != null ? layout : Layout.of(device);
  }

  boolean isOpen() {
    return opened != null;
  }

  boolean needsReset() {
    return needsReset;
  }

  void setNeedsReset(boolean needed) {
    needsReset = needed;
  }

  /** Adopts what a predecessor opened. */
  void adopt(OpenFunction function) {
    opened = function;
    memory.exclusively(Mappings.KEEP, this::updateDecoding);
  }

  /** The function is somebody else's: it is not this object's to touch any more. */
  void handOver() {
    stopListening();
    handedOver = true;
    opened = null;
  }

  /**
   * Acts on no eventfd and no wish to be woken any more, for who takes over; interrupts go on. What
   * was under way has ended when this returns.
   */
  void stopListening() {
    OpenFunction function = opened;
    if (function != null) {
      function.irqs.stopListening();
      function.ioeventfds.stopListening();
    }
    lowPower.stopListening();
  }

  /** Takes back what {@link #stopListening} stopped, and delivery of interrupts. */
  void resume() {
    lowPower.resume();
    OpenFunction function = opened;
    if (function != null) {
      memory.exclusively(Mappings.KEEP, this::updateDecoding);
      listen();
      function.irqs.resume();
      function.ioeventfds.resume();
    }
  }

  boolean isHandedOver() {
    return handedOver;
  }

  /** Looks again whether the BARs can be reached; with the memory gate closed. */
  void updateDecoding() {
    OpenFunction function = opened;
    memory.setDecodes(
        function != null
            && device.powerState() < FunctionPower.D3_HOT
            && function.config.memoryEnabled());
  }

  /** {@code vfio_pci_core_enable}: makes the function usable and finds out what it can do. */
  void open() {
    power.resume();
    try {
      command.clear(PCI_COMMAND_MASTER);
      device.enable();
      try {
        boolean resetWorks = tryResetAtOpen();
        Findings findings = findings(resetWorks);
        if (findings.intxBroken()) {
          command.set(PCI_COMMAND_INTX_DISABLE);
        } else if (findings.masking() == Intx.Masking.COMMAND) {
          command.clear(PCI_COMMAND_INTX_DISABLE);
        }
        adopt(new OpenFunction(this, findings, Bars.Claim.TAKE));
      } catch (RuntimeException e) {
        device.disable();
        throw e;
      }
    } catch (RuntimeException e) {
      idle();
      throw e;
    }
    listen();
    physicalToken.ifPresent(VfToken::addUser);
  }

  /** A lock that is busy fails the open; any other failure says that there is no reset. */
  private boolean tryResetAtOpen() {
    try {
      device.resetFunction();
      return true;
    } catch (VfioException e) {
      if (e.errno() == Errno.EAGAIN) {
        throw e;
      }
      return false;
    }
  }

  private Findings findings(boolean resetWorks) {
    boolean broken = !options.nointxmask() && ids.hasBrokenIntx();
    boolean maskable = !options.nointxmask() && !broken && device.intxMaskable();
    return new Findings(
        resetWorks,
        maskable ? Intx.Masking.COMMAND : Intx.Masking.LINE,
        broken,
        device.saveState());
  }

  /** Is told of errors and wake-ups from now on. */
  void listen() {
    device.onError(this::reportError);
    device.onWakeup(lowPower::wakeRequested);
  }

  private void reportError() {
    OpenFunction function = opened;
    if (function != null) {
      function.errReq.reportError();
    }
  }

  /** {@code vfio_pci_core_close_device}: the function is quiet and as it was found afterwards. */
  void close() {
    OpenFunction function = opened;
    device.onError(null);
    device.onWakeup(null);
    physicalToken.ifPresent(VfToken::removeUser);
    lowPower.leave();
    memory.exclusively(Mappings.ZAP, () -> power.setState(FunctionPower.D0));
    command.clear(PCI_COMMAND_MASTER);
    function.irqs.gated(
        () -> {
          function.irqs.disable();
          return 0;
        });
    function.ioeventfds.close();
    function.bars.release();
    memory.exclusively(
        Mappings.KEEP,
        () -> {
          opened = null;
          updateDecoding();
        });
    needsReset = true;
    restoreAsFound(function.findings);
    device.disable();
    HotReset.resetIdleSet(this);
    idle();
  }

  /**
   * Interrupts off, so that the reset raises none; reset; the configuration that the open found.
   */
  private void restoreAsFound(Findings findings) {
    command.write(PCI_COMMAND_INTX_DISABLE);
    if (findings.resetWorks()) {
      try {
        device.resetFunction();
        needsReset = false;
      } catch (VfioException e) {
        LOG.log(Level.DEBUG, "{0}: reset at close: {1}", name(), e.getMessage());
      }
    }
    device.restoreState(findings.atOpen());
  }

  /** Nobody uses the function now. */
  void idle() {
    if (!options.disableIdleD3()) {
      power.suspend();
    }
  }

  /**
   * {@code VFIO_DEVICE_RESET}.
   *
   * @throws busbar.api.VfioException {@code EINVAL} without a reset method, {@code EAGAIN} if the
   *     device's lock is busy
   */
  void reset() {
    if (!opened.findings.resetWorks()) {
      throw Errno.EINVAL.because("%s has no reset of its own", name());
    }
    memory.exclusively(
        Mappings.ZAP,
        () -> {
          power.setState(FunctionPower.D0);
          try {
            device.resetFunction();
          } finally {
            updateDecoding();
          }
        });
  }

  /** A reset that the user asked for by a register: it has no way to learn of a failure. */
  void tryReset() {
    memory.exclusively(
        Mappings.ZAP,
        () -> {
          try {
            device.resetFunction();
          } catch (VfioException e) {
            LOG.log(Level.DEBUG, "{0}: reset by register: {1}", name(), e.getMessage());
          }
          updateDecoding();
        });
  }
}

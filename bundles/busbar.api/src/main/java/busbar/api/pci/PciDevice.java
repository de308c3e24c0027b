package busbar.api.pci;

import busbar.api.bus.BusDevice;
import busbar.api.bus.ResetMethod;
import busbar.api.irq.InterruptSource;
import busbar.api.memory.MmioWindow;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A PCI function, and what the PCI core of an operating system does for its driver.
 *
 * <p>Any thread. Methods throw {@link busbar.api.VfioException}; {@code ENODEV} if the function is
 * gone.
 */
@ConsumerType
public interface PciDevice extends BusDevice {
  /** The address: domain, bus, device, function. */
  PciAddress address();

  /** 256 or 4096 bytes. */
  int configSize();

  /**
   * Reads configuration space of the hardware.
   *
   * @param width 1, 2 or 4; {@code offset} is a multiple of it
   * @return the value, unsigned in the low bits; all ones if the function does not answer
   */
  int readConfig(int offset, int width);

  /** Writes configuration space of the hardware; read-only bits stay. */
  void writeConfig(int offset, int width, int value);

  /** The resources that the firmware or the operating system assigned: BARs, ROM. */
  List<PciResource> resources();

  /** The resource with that index. */
  default Optional<PciResource> resource(int index) {
    return resources().stream().filter(resource -> resource.index() == index).findFirst();
  }

  /**
   * The BAR's contents, memory or I/O ports, at the assigned address.
   *
   * <p>The window answers all ones and drops stores while decoding is off or the function is in D3.
   */
  MmioWindow bar(int index);

  /**
   * Claims a BAR for a driver.
   *
   * @throws busbar.api.VfioException {@code EBUSY} if another driver holds it
   */
  void claimBar(int index, String owner);

  void releaseBar(int index);

  /** The option ROM as a driver maps it ({@code pci_map_rom}): decoding is on while it is read. */
  Optional<MmioWindow> rom();

  /** The legacy VGA memory and ports, for VGA devices that decode them. */
  Optional<LegacyVga> legacyVga();

  /** Turns decoding on as the resources need and wakes the function ({@code pci_enable_device}). */
  void enable();

  /** Turns bus mastering off and lets the function sleep ({@code pci_disable_device}). */
  void disable();

  /**
   * The power state, 0 (D0) to 3 (D3hot), 4 for D3cold; set by the core, not by config writes
   * alone.
   */
  int powerState();

  void setPowerState(int state);

  /** The configuration that a driver saves before a reset: header and known capabilities. */
  PciSavedState saveState();

  /** Writes it back, BARs included. */
  void restoreState(PciSavedState state);

  /**
   * The ways to reset this function alone (and {@code BUS} if it is alone on its bus), best first.
   */
  List<ResetMethod> resetMethods();

  /**
   * Resets the function by the best method; configuration is saved before and restored after.
   *
   * @throws busbar.api.VfioException {@code ENOTTY} if there is none, {@code EAGAIN} if the lock of
   *     the device is busy
   */
  void resetFunction();

  /** How all functions below the same bridge or slot can be reset together. */
  HotReset hotReset();

  /** Every function that a {@link #hotReset} reaches, this one included, in address order. */
  List<PciDevice> hotResetScope();

  /**
   * Resets the bus or slot; the caller has quiesced all functions in {@link #hotResetScope} and
   * restores them.
   *
   * @throws busbar.api.VfioException {@code ENOTTY} if neither is possible
   */
  void resetBus();

  /** What {@link PciDevice#hotReset} can be. */
  enum HotReset {
    NONE,
    SLOT,
    BUS
  }

  /** The INTx pin: empty if the function has none or no line is routed to it. */
  Optional<InterruptSource> intx();

  /** Whether INTx can be masked by the command register's disable bit and seen in the status. */
  boolean intxMaskable();

  /**
   * Allocates message interrupts and turns the capability on.
   *
   * @param count how many are wanted, at least 1
   * @return how many there are, maybe fewer; nothing is enabled then
   * @throws busbar.api.VfioException {@code EINVAL} if the function lacks the capability, {@code
   *     EBUSY} if the other kind is on
   */
  int enableMessages(MessageKind kind, int count);

  /** Allocates one more MSI-X vector while MSI-X is on. {@code EINVAL} if the host cannot. */
  void allocateMessage(int vector);

  /** Vector {@code vector} of the messages in force. */
  InterruptSource message(int vector);

  /** Writes the message of a vector again from the host's copy, in case a reset lost it. */
  void rewriteMessage(int vector);

  /** Turns message interrupts off and frees them. */
  void disableMessages();

  /** Whether the host can add MSI-X vectors while MSI-X is on. */
  boolean canAddMessages();

  /** See {@link PciDevice#enableMessages}. */
  enum MessageKind {
    MSI,
    MSIX
  }

  /** SR-IOV, if the function is a physical one that has it. */
  Optional<Sriov> sriov();

  /** For a virtual function, its physical one. */
  Optional<PciDevice> physicalFunction();

  /** The bridge above: empty on a root bus. */
  Optional<PciDevice> parentBridge();

  /** Whether it sits on a root bus. */
  default boolean onRootBus() {
    return parentBridge().isEmpty();
  }

  /**
   * Atomic operations that the root port completes: bits of the atomic completer capability, 0
   * none.
   */
  default int atomicCompleter() {
    return 0;
  }

  /** Vital product data: address in bytes, 4-byte access; {@code null} if the function has none. */
  default Vpd vpd() {
    return null;
  }

  /**
   * Whether this host lets a driver ask for error reports of the function. Linux did so for PCI
   * Express alone before 7.3, and does so for every function since.
   */
  default boolean reportsErrors() {
    return true;
  }

  /**
   * What the function can do to be moved to another machine; empty if it cannot. A device whose
   * model comes and goes may have it now and not then.
   */
  default Optional<PciMigration> migration() {
    return Optional.empty();
  }

  /**
   * Is told of errors that the port above reports (AER); replaces the one before, {@code null}
   * none.
   */
  void onError(Runnable listener);

  /** Is told when the device asks to be woken from D3 (PME); replaces the one before. */
  void onWakeup(Runnable listener);
}

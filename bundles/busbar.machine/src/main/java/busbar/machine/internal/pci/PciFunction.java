package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.bus.ResetMethod;
import busbar.api.iommu.IommuGroup;
import busbar.api.irq.InterruptSource;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.LegacyVga;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciMigration;
import busbar.api.pci.PciResource;
import busbar.api.pci.PciSavedState;
import busbar.api.pci.Sriov;
import busbar.api.pci.Vpd;
import busbar.machine.MachineDescription;
import busbar.machine.internal.iommu.DmaGroup;
import busbar.machine.internal.model.ModelHost;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/** A PCI function as the PCI core of the host offers it to drivers. */
public final class PciFunction implements PciDevice {
  private static final int COMMAND = 0x04;
  private static final int IO_ENABLE = 1;
  private static final int MEMORY_ENABLE = 2;
  private static final int BUS_MASTER = 4;
  private static final int INTX_DISABLE = 0x400;
  private static final int PME_ENABLE = 0x100;
  private static final int ROM = 6;
  private static final int FIRST_VIRTUAL = 7;
  private static final int LAST_VIRTUAL = 12;
  private static final long ROM_SHADOW = 0x2;
  private static final Runnable NOBODY = () -> {};

  private final MachineDescription.Function description;
  private final Board board;
  private final PciBus bus;
  private final PciFunction parent;
  private final PciFunction physical;
  private final DmaGroup group;
  private final Optional<String> preferred;
  private final FunctionHardware hardware;
  private final MessageUnit messages;
  private final VirtualFunctions sriov;
  private final Resets resets = new Resets(this);
  private final List<PciFunction> children = new CopyOnWriteArrayList<>();
  private final Map<Integer, String> claims = new ConcurrentHashMap<>();

  /** Held while the host works on the whole function: a reset. */
  private final ReentrantLock coreLock = new ReentrantLock();

  private volatile PciSavedState beforeSleep;
  private volatile Runnable errorListener = NOBODY;
  private volatile Runnable wakeListener = NOBODY;

  /**
   * A function.
   *
   * @param parent the bridge above, {@code null} on a root bus
   * @param physical for a virtual function its physical one, else {@code null}
   * @param group {@code null} if nothing isolates it
   */
  public PciFunction(
      Board board,
      PciBus bus,
      MachineDescription.Function description,
      PciFunction parent,
      PciFunction physical,
      DmaGroup group,
      Optional<String> preferred) {
    this.board = board;
    this.bus = bus;
    this.description = description;
    this.parent = parent;
    this.physical = physical;
    this.group = group;
    this.preferred = preferred;
    FunctionHardware above = parent == null ? null : parent.hardware;
    hardware = new FunctionHardware(board, description, above, physical != null, group);
    messages = new MessageUnit(this, hardware.messages(), board.messages());
    boolean hasVirtual = hardware.capabilities().findExtended(Capabilities.EXT_SRIOV) != 0;
    sriov = hasVirtual && physical == null ? new VirtualFunctions(this, bus) : null;
    if (sriov != null) {
      hardware.extend(sriov);
    }
    if (parent != null) {
      parent.children.add(this);
    }
    hardware.usedBy(new Usage());
    hardware.host().update();
    if (group != null) {
      group.join(new ErrorMember(this));
    }
  }

  /** What the host does with the function. */
  private final class Usage implements FunctionHardware.User {
    @Override
    public boolean isInUse() {
      return !claims.isEmpty() || messages.isEnabled() || hardware.pin().isRequested();
    }

    @Override
    public void lost() {
      bus.lose(PciFunction.this);
    }
  }

  /** The same function as after power-on, once this one has left its bus. */
  PciFunction remade() {
    return new PciFunction(board, bus, description, parent, physical, group, preferred);
  }

  /** The physical function, {@code null} if this is none of its virtual ones. */
  PciFunction physical() {
    return physical;
  }

  /** {@code null} if the function cannot have virtual ones. */
  VirtualFunctions virtualFunctions() {
    return sriov;
  }

  FunctionHardware hardware() {
    return hardware;
  }

  /** The model of this function and its exchange. */
  public ModelHost host() {
    return hardware.host();
  }

  ReentrantLock coreLock() {
    return coreLock;
  }

  PciFunction parent() {
    return parent;
  }

  List<PciFunction> children() {
    return children;
  }

  DmaGroup group() {
    return group;
  }

  MessageUnit messages() {
    return messages;
  }

  @Override
  public String bus() {
    return PciBus.NAME;
  }

  @Override
  public String name() {
    return hardware.name();
  }

  @Override
  public String summary() {
    byte[] raw = description.config();
    ConfigSpace ids = (physical == null ? this : physical).hardware.config();
    int device = physical == null ? ids.read(2, 2) : physical.sriov.deviceId();
    return "[%04x:%04x] class %02x%02x%02x %s"
        .formatted(ids.read(0, 2), device, raw[11], raw[10], raw[9], description.model());
  }

  @Override
  public Optional<IommuGroup> iommuGroup() {
    return Optional.ofNullable(group);
  }

  @Override
  public Optional<String> preferredDriver() {
    return preferred;
  }

  @Override
  public PciAddress address() {
    return description.address();
  }

  @Override
  public int configSize() {
    return hardware.config().size();
  }

  @Override
  public int readConfig(int offset, int width) {
    return hardware.readConfig(offset, width);
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    hardware.writeConfig(offset, width, value);
  }

  @Override
  public List<PciResource> resources() {
    return description.resources();
  }

  @Override
  public MmioWindow bar(int index) {
    BarWindow window = hardware.bar(index);
    if (window == null) {
      throw Errno.EINVAL.because("%s has no BAR %d", name(), index);
    }
    return window;
  }

  @Override
  public void claimBar(int index, String owner) {
    bar(index);
    String other = claims.putIfAbsent(index, owner);
    if (other != null) {
      throw Errno.EBUSY.because("BAR %d of %s is held by %s", index, name(), other);
    }
  }

  @Override
  public void releaseBar(int index) {
    claims.remove(index);
  }

  @Override
  public Optional<MmioWindow> rom() {
    Optional<PciResource> resource = resource(ROM);
    int length = OptionRom.imageLength(description.rom());
    if (resource.isEmpty() || length == 0) {
      return Optional.empty();
    }
    Decoding decoding = hardware.decoding();
    boolean shadow = (resource.get().flags() & ROM_SHADOW) != 0;
    if (!shadow && !decoding.memory()) {
      return Optional.empty();
    }
    return Optional.of(
        new OptionRom(
            description.rom(),
            resource.get().start(),
            Math.min(length, resource.get().size()),
            () -> shadow || decoding.memory()));
  }

  @Override
  public Optional<LegacyVga> legacyVga() {
    return LegacyWindow.of(hardware);
  }

  @Override
  public void enable() {
    checkPresent();
    if (parent != null) {
      parent.enable();
      parent.orCommand(BUS_MASTER);
    }
    setPowerState(0);
    int wanted = 0;
    for (PciResource resource : description.resources()) {
      boolean virtual = resource.index() >= FIRST_VIRTUAL && resource.index() <= LAST_VIRTUAL;
      if (resource.index() != ROM && !virtual) {
        wanted |= resource.isIo() ? IO_ENABLE : MEMORY_ENABLE;
      }
    }
    orCommand(wanted);
  }

  private void orCommand(int bits) {
    int command = hardware.config().read(COMMAND, 2);
    if ((command & bits) != bits) {
      writeConfig(COMMAND, 2, command | bits);
    }
  }

  private void checkPresent() {
    if (hardware.isGone()) {
      throw Errno.ENODEV.because("%s is gone", name());
    }
  }

  @Override
  public void disable() {
    if (!hardware.isGone()) {
      writeConfig(COMMAND, 2, hardware.config().read(COMMAND, 2) & ~BUS_MASTER);
    }
  }

  @Override
  public int powerState() {
    return hardware.power().state();
  }

  @Override
  public void setPowerState(int state) {
    PowerState power = hardware.power();
    int wanted = Math.min(state, 3);
    if (!power.isThere() || hardware.isGone() || !power.supports(wanted)) {
      return;
    }
    int now = power.state();
    if (wanted == now) {
      return;
    }
    if (now == 0 && power.losesState()) {
      beforeSleep = saveState();
    }
    int control = hardware.config().read(power.register(), 2) & ~(3 | PME_ENABLE);
    int wake = wanted != 0 && power.canWake() ? PME_ENABLE : 0;
    writeConfig(power.register(), 2, control | wake | wanted);
    PciSavedState saved = beforeSleep;
    if (wanted == 0 && saved != null) {
      beforeSleep = null;
      restoreState(saved);
    }
  }

  @Override
  public PciSavedState saveState() {
    return SavedRegisters.save(hardware);
  }

  @Override
  public void restoreState(PciSavedState state) {
    if (!hardware.isGone()) {
      SavedRegisters.restore(hardware, state);
      messages.restore();
    }
  }

  @Override
  public List<ResetMethod> resetMethods() {
    if (!description.resetMethods().isEmpty() || physical == null) {
      return description.resetMethods();
    }
    return hardware.hasFlr() ? List.of(ResetMethod.FLR) : List.of();
  }

  @Override
  public void resetFunction() {
    checkPresent();
    resets.resetFunction();
  }

  @Override
  public HotReset hotReset() {
    return resets.kind();
  }

  @Override
  public List<PciDevice> hotResetScope() {
    return List.copyOf(resets.scope());
  }

  @Override
  public void resetBus() {
    checkPresent();
    resets.resetBus();
  }

  @Override
  public Optional<InterruptSource> intx() {
    return hardware.pin().source();
  }

  @Override
  public boolean intxMaskable() {
    return hardware.config().isWritable(COMMAND, INTX_DISABLE);
  }

  @Override
  public int enableMessages(MessageKind wanted, int count) {
    checkPresent();
    return messages.enable(wanted, count);
  }

  @Override
  public void allocateMessage(int vector) {
    messages.allocate(vector);
  }

  @Override
  public InterruptSource message(int vector) {
    return messages.source(vector);
  }

  @Override
  public void rewriteMessage(int vector) {
    messages.rewrite(vector);
  }

  @Override
  public void disableMessages() {
    messages.disable();
  }

  @Override
  public boolean canAddMessages() {
    return hardware.board().messages().canAddVectors();
  }

  @Override
  public Optional<Sriov> sriov() {
    return Optional.ofNullable(sriov);
  }

  @Override
  public Optional<PciDevice> physicalFunction() {
    return Optional.ofNullable(physical);
  }

  @Override
  public Optional<PciDevice> parentBridge() {
    return Optional.ofNullable(parent);
  }

  @Override
  public int atomicCompleter() {
    return AtomicCompleter.of(hardware);
  }

  @Override
  public Vpd vpd() {
    return VitalData.of(hardware);
  }

  @Override
  public Optional<PciMigration> migration() {
    return hardware.isBridge() || !hardware.host().hasModel()
        ? Optional.empty()
        : Optional.of(hardware.migration());
  }

  @Override
  public boolean reportsErrors() {
    return board.reportsConventionalErrors()
        || hardware.capabilities().find(Capabilities.PCIE) != 0;
  }

  @Override
  public void onError(Runnable listener) {
    errorListener = listener == null ? NOBODY : listener;
  }

  @Override
  public void onWakeup(Runnable listener) {
    wakeListener = listener == null ? NOBODY : listener;
  }

  /** The port above reports an error of this function. */
  public void reportError() {
    errorListener.run();
  }

  /** The device asks to be woken. */
  public void requestWakeup() {
    if (hardware.power().signalWakeup()) {
      wakeListener.run();
    }
  }

  /** The function leaves the bus. */
  void leave() {
    messages.disable();
    hardware.leave();
    if (parent != null) {
      parent.children.remove(this);
    }
    if (group != null) {
      group.leave(new ErrorMember(this));
    }
  }

  /** Switches the device off with its machine. */
  void close() {
    host().close();
  }

  @Override
  public String toString() {
    return name();
  }
}

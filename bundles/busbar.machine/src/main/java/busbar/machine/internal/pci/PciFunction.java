package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.bus.ResetMethod;
import busbar.api.iommu.IommuGroup;
import busbar.api.irq.InterruptSource;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.LegacyVga;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciResource;
import busbar.api.pci.PciSavedState;
import busbar.api.pci.Sriov;
import busbar.api.pci.Vpd;
import busbar.machine.MachineDescription;
import busbar.machine.internal.iommu.DmaGroup;
import busbar.machine.internal.iommu.DmaPath;
import busbar.machine.internal.iommu.ErrorGate;
import busbar.machine.internal.irq.LineSource;
import busbar.machine.internal.model.ModelHost;
import busbar.machine.internal.model.ModelSlot;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DmaPort;
import busbar.machine.model.Regions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A PCI function of the machine: hardware, and what the PCI core of the host does for its driver.
 */
public final class PciFunction implements PciDevice {
  private static final int COMMAND = 0x04;
  private static final int BRIDGE_CONTROL = 0x3e;
  private static final int SECONDARY_RESET = 0x40;
  private static final int IO_ENABLE = 1;
  private static final int MEMORY_ENABLE = 2;
  private static final int BUS_MASTER = 4;
  private static final int FLR = 0x8000;
  private static final int ROM_INDEX = 6;
  private static final long ROM_SHADOW = 0x2;
  private static final int CLASS_VGA = 0x0300;

  private final Board board;
  private final MachineDescription.Function description;
  private final PciFunction parent;
  private final PciFunction physical;
  private final DmaGroup group;
  private final ErrorGate errorGate;
  private final Optional<String> preferred;
  private final List<PciFunction> children = new CopyOnWriteArrayList<>();
  private final ConfigSpace config;
  private final Capabilities capabilities;
  private final PowerState power;
  private final Decoding decoding;
  private final IntxPin intx;
  private final MessageHardware messageHardware;
  private final MessageUnit messages;
  private final DmaPort dma;
  private final ModelHost host;
  private final Resets resets = new Resets(this);
  private final Map<Integer, BarWindow> bars = new TreeMap<>();
  private final Map<Integer, Integer> assigned = new TreeMap<>();
  private final Map<Integer, String> claims = new ConcurrentHashMap<>();
  private final Map<Integer, MemorySegment> regionMemory = new ConcurrentHashMap<>();
  private final ReentrantLock coreLock = new ReentrantLock();
  private final VirtualFunctions sriov;
  private volatile PciSavedState beforeSleep;
  private volatile Runnable errorListener = () -> {};
  private volatile Runnable wakeListener = () -> {};
  private volatile boolean gone;

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
    this.description = description;
    this.parent = parent;
    this.physical = physical;
    this.group = group;
    this.preferred = preferred;
    config = new ConfigSpace(description.config());
    capabilities = new Capabilities(config);
    ConfigRules.apply(
        config, capabilities, kind(), description.resources(), description.rom().length);
    power = new PowerState(config, capabilities);
    if (power.isThere()) {
      // A recording may show a function that its driver had put to sleep.
      power.put(0);
    }
    decoding = new Decoding(config, power, parent == null ? null : parent.decoding, isBridge());
    intx = new IntxPin(config, pinLine());
    messageHardware = new MessageHardware(config, capabilities, this::sendMessage);
    messages = new MessageUnit(this, messageHardware, board.messages());
    errorGate = group == null ? ErrorGate.OPEN : group.errorGate();
    DmaPath path =
        new DmaPath(
            name(), board.memory(), new OwnMessages(this), decoding::master, board.timing());
    dma = group == null ? path.toPhysicalMemory() : group.port(path);
    host = new ModelHost(description.model(), board.models(), () -> new FunctionContext(this));
    for (PciResource resource : description.resources()) {
      if (resource.index() < ROM_INDEX) {
        bars.put(resource.index(), new BarWindow(this, resource, messageHardware));
        assigned.put(resource.index(), config.read(barRegister(resource.index()), 4));
      }
    }
    sriov =
        capabilities.findExtended(Capabilities.EXT_SRIOV) != 0 && physical == null
            ? new VirtualFunctions(this, bus, description)
            : null;
    if (parent != null) {
      parent.children.add(this);
    }
    if (physical != null) {
      decoding.lendMemory(true);
    }
    host.update();
    if (group != null) {
      group.join(new ErrorMember(this));
    }
  }

  private ConfigRules.Kind kind() {
    if (physical != null) {
      return ConfigRules.Kind.VIRTUAL_FUNCTION;
    }
    return isBridge() ? ConfigRules.Kind.BRIDGE : ConfigRules.Kind.ENDPOINT;
  }

  private boolean isBridge() {
    return (description.config()[0x0e] & 0x7f) == 1;
  }

  private Optional<LineSource> pinLine() {
    return config.read(0x3d, 1) == 0 || description.irq() == 0
        ? Optional.empty()
        : Optional.of(board.line(description.irq()).source(name()));
  }

  Board board() {
    return board;
  }

  MachineDescription.Function description() {
    return description;
  }

  ConfigSpace config() {
    return config;
  }

  Capabilities capabilities() {
    return capabilities;
  }

  PowerState power() {
    return power;
  }

  Decoding decoding() {
    return decoding;
  }

  IntxPin pin() {
    return intx;
  }

  MessageHardware messageHardware() {
    return messageHardware;
  }

  DmaPort dma() {
    return dma;
  }

  ModelSlot slot() {
    return host.slot();
  }

  /** The model of this function and its exchange. */
  public ModelHost host() {
    return host;
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

  /** Who sends messages: requester id with the domain above it. */
  int sender() {
    return address().domain() << 16 | address().requesterId();
  }

  private void sendMessage(long address, int data) {
    if (!decoding.master()) {
      return;
    }
    if (board.messages().holds(address)) {
      board.messages().deliver(sender(), address, data);
    } else {
      OwnMessages.write(dma, address, data);
    }
  }

  @Override
  public String bus() {
    return PciBus.NAME;
  }

  @Override
  public String name() {
    return description.address().toString();
  }

  @Override
  public String summary() {
    byte[] raw = description.config();
    PciFunction ids = physical == null ? this : physical;
    int vendor = ids.config.read(0, 2);
    int device = physical == null ? config.read(2, 2) : physical.sriov.deviceId();
    return "[%04x:%04x] class %02x%02x%02x %s"
        .formatted(vendor, device, raw[11], raw[10], raw[9], description.model());
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
    return config.size();
  }

  @Override
  public int readConfig(int offset, int width) {
    if (gone || !errorGate.passesConfig(address().requesterId(), ErrorGate.Way.LOAD)) {
      return width == 4 ? -1 : (1 << 8 * width) - 1;
    }
    checkConfig(offset, width);
    DeviceModel model = slot().enter();
    try {
      model.configRead(offset, width);
    } finally {
      slot().exit();
    }
    return config.read(offset, width);
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    checkPresent();
    checkConfig(offset, width);
    if (!errorGate.passesConfig(address().requesterId(), ErrorGate.Way.STORE)) {
      return;
    }
    int stateBefore = power.state();
    boolean resetBefore = isBridge() && (config.read(BRIDGE_CONTROL, 2) & SECONDARY_RESET) != 0;
    config.write(offset, width, value);
    if (power.isThere() && (offset & ~1) == power.register()) {
      powerWritten(stateBefore);
    }
    if (offset < 8 || offset >= 0x3c && offset < 0x40) {
      decoding.update();
      intx.update();
    }
    if (messageHardware.concerns(offset)) {
      messageHardware.sendPending();
    }
    if (isBridge() && resetBefore && (config.read(BRIDGE_CONTROL, 2) & SECONDARY_RESET) == 0) {
      resetChildren();
    }
    if (startsFlr(offset, width, value)) {
      resetHardware();
    }
    if (sriov != null) {
      sriov.configWritten(offset);
    }
    DeviceModel model = slot().enter();
    try {
      model.configWritten(offset, width);
    } finally {
      slot().exit();
    }
  }

  private void checkConfig(int offset, int width) {
    if (offset < 0 || offset + width > config.size() || (offset & width - 1) != 0) {
      throw Errno.EINVAL.because(
          "%d bytes at 0x%x are no register in the configuration space of %s",
          width, offset, name());
    }
  }

  private void checkPresent() {
    if (gone) {
      throw Errno.ENODEV.because("%s is gone", name());
    }
  }

  private void powerWritten(int before) {
    int now = power.state();
    if (now != before && !power.supports(now)) {
      power.put(before);
      return;
    }
    if (before == 3 && now == 0 && power.losesState()) {
      resetHardware();
    }
    decoding.update();
    intx.update();
  }

  private boolean startsFlr(int offset, int width, int value) {
    int express = capabilities.find(Capabilities.PCIE);
    if (express == 0 || (config.read(express + 4, 4) & 1 << 28) == 0) {
      return false;
    }
    int control = express + 8;
    return offset <= control + 1
        && offset + width > control + 1
        && (value >>> 8 * (control - offset) & FLR) != 0;
  }

  /** The function alone is as after power-on. */
  void resetHardware() {
    config.reset();
    messageHardware.reset();
    if (sriov != null) {
      sriov.hardwareReset();
    }
    slot().enter();
    try {
      slot().model().reset();
    } finally {
      slot().exit();
    }
    intx.want(false);
    decoding.update();
  }

  /** Asserts the reset of the secondary bus for a moment. */
  void resetBelow() {
    int control = config.read(BRIDGE_CONTROL, 2);
    writeConfig(BRIDGE_CONTROL, 2, control | SECONDARY_RESET);
    writeConfig(BRIDGE_CONTROL, 2, control & ~SECONDARY_RESET);
  }

  private void resetChildren() {
    for (PciFunction child : children) {
      child.resetChildren();
      child.resetHardware();
    }
  }

  /** Whether a BAR decodes now: enabled, awake, reachable, and where it was assigned. */
  boolean decodes(PciResource bar) {
    boolean enabled = bar.isIo() ? decoding.ports() : decoding.memory();
    return enabled
        && !gone
        && errorGate.passesRegisters()
        && (physical != null
            || config.read(barRegister(bar.index()), 4) == assigned.get(bar.index()));
  }

  private static int barRegister(int index) {
    return 0x10 + 4 * index;
  }

  @Override
  public List<PciResource> resources() {
    return description.resources();
  }

  /** Memory of a region that outlives the device's models. */
  MemorySegment regionMemory(int region, long size) {
    return regionMemory.computeIfAbsent(
        region, key -> Arena.ofAuto().allocate(Math.max(size, 1), 4096));
  }

  /** The windows to be placed in physical memory. */
  List<MmioWindow> memoryWindows() {
    List<MmioWindow> windows = new ArrayList<>();
    bars.values().stream().filter(BarWindow::isMemory).forEach(windows::add);
    return windows;
  }

  @Override
  public MmioWindow bar(int index) {
    BarWindow window = bars.get(index);
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
    Optional<PciResource> resource = resource(ROM_INDEX);
    int length = OptionRom.imageLength(description.rom());
    if (resource.isEmpty() || length == 0) {
      return Optional.empty();
    }
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
    if (config.read(0x0a, 2) != CLASS_VGA) {
      return Optional.empty();
    }
    return Optional.of(
        new LegacyVga(
            new LegacyWindow(this, Regions.VGA_MEMORY, 0xa0000, 0x20000, decoding::memory),
            new LegacyWindow(this, Regions.VGA_PORTS, 0x3b0, 0x30, decoding::ports)));
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
      if (resource.index() != ROM_INDEX && (resource.index() < 7 || resource.index() > 12)) {
        wanted |= resource.isIo() ? IO_ENABLE : MEMORY_ENABLE;
      }
    }
    orCommand(wanted);
  }

  private void orCommand(int bits) {
    int command = config.read(COMMAND, 2);
    if ((command & bits) != bits) {
      writeConfig(COMMAND, 2, command | bits);
    }
  }

  @Override
  public void disable() {
    if (!gone) {
      writeConfig(COMMAND, 2, config.read(COMMAND, 2) & ~BUS_MASTER);
    }
  }

  @Override
  public int powerState() {
    return power.state();
  }

  @Override
  public void setPowerState(int state) {
    if (!power.isThere() || gone) {
      return;
    }
    int wanted = Math.min(state, 3);
    int now = power.state();
    if (wanted == now || !power.supports(wanted)) {
      return;
    }
    if (now == 0 && power.losesState()) {
      beforeSleep = saveState();
    }
    int control = config.read(power.register(), 2) & ~3;
    writeConfig(power.register(), 2, control | wanted);
    PciSavedState saved = beforeSleep;
    if (wanted == 0 && saved != null) {
      beforeSleep = null;
      restoreState(saved);
    }
  }

  @Override
  public PciSavedState saveState() {
    return SavedRegisters.save(this);
  }

  @Override
  public void restoreState(PciSavedState state) {
    if (!gone) {
      SavedRegisters.restore(this, state);
    }
  }

  void restoreMessages() {
    messages.restore();
  }

  @Override
  public List<ResetMethod> resetMethods() {
    if (!description.resetMethods().isEmpty() || physical == null) {
      return description.resetMethods();
    }
    int express = capabilities.find(Capabilities.PCIE);
    boolean flr = express != 0 && (config.read(express + 4, 4) & 1 << 28) != 0;
    return flr ? List.of(ResetMethod.FLR) : List.of();
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
    return resets.scope().stream().map(PciDevice.class::cast).toList();
  }

  @Override
  public void resetBus() {
    checkPresent();
    resets.resetBus();
  }

  @Override
  public Optional<InterruptSource> intx() {
    return intx.source();
  }

  @Override
  public boolean intxMaskable() {
    return config.isWritable(COMMAND, 0x400);
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
    return board.messages().canAddVectors();
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
    return AtomicCompleter.of(this);
  }

  @Override
  public Vpd vpd() {
    return VitalData.of(this);
  }

  @Override
  public void onError(Runnable listener) {
    errorListener = listener == null ? () -> {} : listener;
  }

  @Override
  public void onWakeup(Runnable listener) {
    wakeListener = listener == null ? () -> {} : listener;
  }

  /** The port above reports an error of this function. */
  public void reportError() {
    errorListener.run();
  }

  /** The device asks to be woken. */
  public void requestWakeup() {
    if (power.signalWakeup()) {
      wakeListener.run();
    }
  }

  /** The function leaves the bus. */
  void leave() {
    messages.disable();
    gone = true;
    intx.want(false);
    decoding.leave();
    if (parent != null) {
      parent.children.remove(this);
    }
    host.close();
  }

  /** Switches the device off with its machine. */
  public void close() {
    host.close();
  }

  @Override
  public String toString() {
    return name();
  }
}

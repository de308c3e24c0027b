package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.PciResource;
import busbar.machine.MachineDescription;
import busbar.machine.internal.iommu.DmaGroup;
import busbar.machine.internal.iommu.DmaPath;
import busbar.machine.internal.iommu.ErrorGate;
import busbar.machine.internal.iommu.LoggedDma;
import busbar.machine.internal.irq.LineSource;
import busbar.machine.internal.model.DeviceWork;
import busbar.machine.internal.model.ModelHost;
import busbar.machine.internal.model.ModelSlot;
import busbar.machine.model.DmaPort;
import busbar.machine.model.ModelContext;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A PCI function as hardware: configuration space and what writing it sets off, BARs, interrupts,
 * DMA, and the model that does the rest.
 */
final class FunctionHardware {
  private static final int BRIDGE_CONTROL = 0x3e;
  private static final int SECONDARY_RESET = 0x40;
  private static final int FLR = 0x8000;
  private static final int FLR_CAPABLE = 1 << 28;
  private static final int LAST_BAR = 5;

  /** What else a write to configuration space or a reset concerns. */
  interface Extension {
    void configWritten(int offset);

    void reset();
  }

  /** What the host knows of the function beyond its hardware. */
  interface User {
    boolean isInUse();

    void lost();
  }

  private static final Extension NOTHING =
      new Extension() {
        @Override
        public void configWritten(int offset) {}

        @Override
        public void reset() {}
      };

  private final String name;
  private final Board board;
  private final MachineDescription.Function description;
  private final FunctionHardware above;
  private final boolean virtual;
  private final List<FunctionHardware> below = new CopyOnWriteArrayList<>();
  private final ConfigSpace config;
  private final Capabilities capabilities;
  private final PowerState power;
  private final Decoding decoding;
  private final IntxPin intx;
  private final MessageHardware messages;
  private final ErrorGate errorGate;
  private final LoggedDma dma;
  private final DeviceWork work;
  private final FunctionMigration migration;
  private final ModelHost host;
  private final Map<Integer, BarWindow> bars = new TreeMap<>();
  private final Map<Integer, Integer> assigned = new TreeMap<>();
  private final Map<Integer, MemorySegment> regionMemory = new ConcurrentHashMap<>();
  private volatile Extension extension = NOTHING;
  private volatile User user;
  private volatile boolean gone;

  /**
   * A function.
   *
   * @param above the bridge above, {@code null} on a root bus
   * @param virtual whether it is a virtual function
   * @param group {@code null} if nothing isolates it
   */
  FunctionHardware(
      Board board,
      MachineDescription.Function description,
      FunctionHardware above,
      boolean virtual,
      DmaGroup group) {
    this.name = description.address().toString();
    this.board = board;
    this.description = description;
    this.above = above;
    this.virtual = virtual;
    config = new ConfigSpace(description.config());
    capabilities = new Capabilities(config);
    ConfigRules.apply(
        config, capabilities, kind(), description.resources(), description.rom().length);
    power = new PowerState(config, capabilities);
    if (power.isThere()) {
      // A recording may show a function that its driver had put to sleep.
      power.put(0);
    }
    decoding = new Decoding(config, power, above == null ? null : above.decoding, isBridge());
    intx = new IntxPin(config, line());
    messages = new MessageHardware(config, capabilities, this::sendMessage);
    errorGate = group == null ? ErrorGate.OPEN : group.errorGate();
    host =
        new ModelHost(
            description.model(), new Modelled(), board.models(), board.exchanges(), board.timing());
    DmaPath path =
        new DmaPath(
            name(),
            board.memory(),
            new OwnMessages(this),
            decoding::master,
            board.timing(),
            host.slot());
    dma = new LoggedDma(group == null ? path.toPhysicalMemory() : group.port(path));
    work = new DeviceWork(board.timing());
    migration = new FunctionMigration(this, work, dma);
    for (PciResource resource : description.resources()) {
      if (resource.index() <= LAST_BAR) {
        bars.put(resource.index(), new BarWindow(this, resource, messages));
        assigned.put(resource.index(), config.read(barRegister(resource.index()), 4));
      }
    }
    if (above != null) {
      above.below.add(this);
    }
    if (virtual) {
      decoding.lendMemory(true);
    }
  }

  private ConfigRules.Kind kind() {
    if (virtual) {
      return ConfigRules.Kind.VIRTUAL_FUNCTION;
    }
    return isBridge() ? ConfigRules.Kind.BRIDGE : ConfigRules.Kind.ENDPOINT;
  }

  private Optional<LineSource> line() {
    return config.read(0x3d, 1) == 0 || description.irq() == 0
        ? Optional.empty()
        : Optional.of(board.line(description.irq()).source(name()));
  }

  String name() {
    return name;
  }

  boolean isBridge() {
    return (description.config()[0x0e] & 0x7f) == 1;
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

  MessageHardware messages() {
    return messages;
  }

  DmaPort dma() {
    return dma;
  }

  /** Time for the model: what the device does of itself can be held. */
  DeviceWork work() {
    return work;
  }

  FunctionMigration migration() {
    return migration;
  }

  ModelHost host() {
    return host;
  }

  ModelSlot slot() {
    return host.slot();
  }

  /** The bridge above, {@code null} on a root bus. */
  FunctionHardware above() {
    return above;
  }

  boolean isGone() {
    return gone;
  }

  void extend(Extension by) {
    extension = by;
  }

  void usedBy(User by) {
    user = by;
  }

  /** The function as the host of its model sees it. */
  private final class Modelled implements ModelHost.Device {
    @Override
    public String name() {
      return name;
    }

    @Override
    public ModelContext context() {
      return new FunctionContext(FunctionHardware.this);
    }

    @Override
    public boolean isInUse() {
      return decoding.master() || user != null && user.isInUse();
    }

    @Override
    public void lost() {
      if (user != null) {
        user.lost();
      }
    }
  }

  /** Who sends messages: requester id with the domain above it. */
  int sender() {
    return description.address().domain() << 16 | description.address().requesterId();
  }

  private void sendMessage(long address, int data) {
    Object token = slot().beginHost();
    try {
      OwnMessages.write(dma, address, data);
    } finally {
      slot().end(token);
    }
  }

  int readConfig(int offset, int width) {
    if (gone || !passesConfig(ErrorGate.Way.LOAD)) {
      return width == 4 ? -1 : (1 << 8 * width) - 1;
    }
    checkRegister(offset, width);
    slot().configRead(offset, width);
    return config.read(offset, width);
  }

  void writeConfig(int offset, int width, int value) {
    if (gone) {
      throw Errno.ENODEV.because("%s is gone", name());
    }
    checkRegister(offset, width);
    if (!passesConfig(ErrorGate.Way.STORE)) {
      return;
    }
    int stateBefore = power.state();
    boolean heldBefore = holdsBelow();
    config.write(offset, width, value);
    if (power.isThere() && (offset & ~1) == power.register()) {
      powerWritten(stateBefore);
    }
    if (offset < 8 || offset >= 0x3c && offset < 0x40) {
      decoding.update();
      intx.update();
    }
    if (messages.concerns(offset)) {
      messages.sendPending();
    }
    if (heldBefore && !holdsBelow()) {
      resetAllBelow();
    }
    if (startsFlr(offset, width, value)) {
      reset();
    }
    extension.configWritten(offset);
    slot().configWritten(offset, width);
  }

  private boolean passesConfig(ErrorGate.Way way) {
    return errorGate.passesConfig(description.address().requesterId(), way);
  }

  private void checkRegister(int offset, int width) {
    if (offset < 0 || offset + width > config.size() || (offset & width - 1) != 0) {
      throw Errno.EINVAL.because(
          "%d bytes at 0x%x are no register in the configuration space of %s",
          width, offset, name());
    }
  }

  private void powerWritten(int before) {
    int now = power.state();
    if (now != before && !power.supports(now)) {
      power.put(before);
      return;
    }
    if (before == 3 && now == 0 && power.losesState()) {
      reset();
    }
    decoding.update();
    intx.update();
  }

  boolean hasFlr() {
    int express = capabilities.find(Capabilities.PCIE);
    return express != 0 && (config.read(express + 4, 4) & FLR_CAPABLE) != 0;
  }

  private boolean startsFlr(int offset, int width, int value) {
    int control = capabilities.find(Capabilities.PCIE) + 8;
    return offset <= control + 1
        && offset + width > control + 1
        && hasFlr()
        && (value >>> 8 * (control - offset) & FLR) != 0;
  }

  /** The function alone is as after power-on. */
  void reset() {
    config.reset();
    messages.reset();
    extension.reset();
    slot().reset();
    intx.want(false);
    decoding.update();
    migration.wasReset();
  }

  private boolean holdsBelow() {
    return isBridge() && (config.read(BRIDGE_CONTROL, 2) & SECONDARY_RESET) != 0;
  }

  /** Asserts the reset of the secondary bus for a moment. */
  void resetBelow() {
    int control = config.read(BRIDGE_CONTROL, 2);
    writeConfig(BRIDGE_CONTROL, 2, control | SECONDARY_RESET);
    writeConfig(BRIDGE_CONTROL, 2, control & ~SECONDARY_RESET);
  }

  private void resetAllBelow() {
    for (FunctionHardware each : below) {
      each.resetAllBelow();
      each.reset();
    }
  }

  /** Whether a BAR decodes now: enabled, awake, reachable, and where it was assigned. */
  boolean decodes(PciResource bar) {
    boolean enabled = bar.isIo() ? decoding.ports() : decoding.memory();
    return enabled
        && !gone
        && errorGate.passesRegisters()
        && (virtual || config.read(barRegister(bar.index()), 4) == assigned.get(bar.index()));
  }

  private static int barRegister(int index) {
    return 0x10 + 4 * index;
  }

  /** A BAR, {@code null} if there is none of that number. */
  BarWindow bar(int index) {
    return bars.get(index);
  }

  /** The windows to be placed in physical memory. */
  List<MmioWindow> memoryWindows() {
    List<MmioWindow> windows = new ArrayList<>();
    bars.values().stream().filter(BarWindow::isMemory).forEach(windows::add);
    return windows;
  }

  /** Memory of a region that outlives the device's models. */
  MemorySegment regionMemory(int region, long size) {
    return regionMemory.computeIfAbsent(
        region, key -> Arena.ofAuto().allocate(Math.max(size, 1), 4096));
  }

  /** The memory that models have asked for so far. */
  Map<Integer, MemorySegment> regionMemory() {
    return regionMemory;
  }

  /** The function leaves its bus. */
  void leave() {
    gone = true;
    intx.want(false);
    decoding.leave();
    if (above != null) {
      above.below.remove(this);
    }
    host.close();
  }
}

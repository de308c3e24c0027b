package busbar.machine.internal.platform;

import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import busbar.api.memory.MmioWindow;
import busbar.api.platform.PlatformDevice;
import busbar.machine.MachineDescription.PlatformNode;
import busbar.machine.internal.iommu.DeviceDma;
import busbar.machine.internal.iommu.DmaGroup;
import busbar.machine.internal.iommu.DmaPath;
import busbar.machine.internal.model.ModelHost;
import busbar.machine.internal.model.ModelSlot;
import busbar.machine.internal.pci.Board;
import busbar.machine.model.DmaPort;
import busbar.machine.model.ModelContext;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A device that firmware describes: registers, interrupt lines and a model behind them. */
public final class PlatformUnit implements PlatformDevice {
  private static final String MODEL = "model";

  private final Board board;
  private final PlatformNode node;
  private final DmaGroup group;
  private final Optional<String> preferred;
  private final List<RegisterWindow> windows = new ArrayList<>();
  private final List<WiredLine> lines = new ArrayList<>();
  private final Map<Integer, MemorySegment> regionMemory = new ConcurrentHashMap<>();
  private final DmaPort dma;
  private final ModelHost host;
  private volatile boolean gone;
  private volatile Consumer<PlatformUnit> onLoss = unit -> {};

  /**
   * A device.
   *
   * @param group {@code null} if nothing isolates it
   * @param preferred the driver that it starts with
   */
  public PlatformUnit(Board board, PlatformNode node, DmaGroup group, Optional<String> preferred) {
    this.board = board;
    this.node = node;
    this.group = group;
    this.preferred = preferred;
    host =
        new ModelHost(model(), new Modelled(), board.models(), board.exchanges(), board.timing());
    for (int index = 0; index < node.registers().size(); index++) {
      windows.add(new RegisterWindow(this, index, node.registers().get(index)));
    }
    node.interrupts().forEach(each -> lines.add(new WiredLine(board, node.name(), each)));
    DmaPath path =
        new DmaPath(
            node.name(),
            board.memory(),
            new ForeignMessages(board),
            () -> !gone,
            board.timing(),
            host.slot());
    dma = group == null ? path.toPhysicalMemory() : group.port(path);
    host.update();
  }

  /** The device as the host of its model sees it. */
  private final class Modelled implements ModelHost.Device {
    @Override
    public String name() {
      return node.name();
    }

    @Override
    public ModelContext context() {
      return new PlatformContext(PlatformUnit.this);
    }

    @Override
    public boolean isInUse() {
      return lines.stream().anyMatch(WiredLine::isRequested);
    }

    @Override
    public void lost() {
      onLoss.accept(PlatformUnit.this);
    }
  }

  void onLoss(Consumer<PlatformUnit> bus) {
    onLoss = bus;
  }

  /** The same device as after power-on, once this one has left its bus. */
  PlatformUnit remade() {
    return new PlatformUnit(board, node, group, preferred);
  }

  /** Messages of a device that the interrupt controller does not know: it takes none. */
  private record ForeignMessages(Board board) implements DeviceDma.Messages {
    private static final int NOBODY = -2;

    @Override
    public long base() {
      return board.messages().base();
    }

    @Override
    public long size() {
      return board.messages().size();
    }

    @Override
    public boolean deliver(long address, int data) {
      return board.messages().deliver(NOBODY, address, data);
    }
  }

  /** The description's {@code model}, else what the device is most of all. */
  String model() {
    Object named = node.properties().get(MODEL);
    if (named != null) {
      return named.toString();
    }
    return node.compatible().isEmpty() ? "none" : node.compatible().getFirst();
  }

  Board board() {
    return board;
  }

  PlatformNode node() {
    return node;
  }

  DmaPort dma() {
    return dma;
  }

  List<RegisterWindow> windows() {
    return windows;
  }

  ModelSlot slot() {
    return host.slot();
  }

  boolean isGone() {
    return gone;
  }

  /** The model of this device and its exchange. */
  public ModelHost host() {
    return host;
  }

  /** A line that the device has not leads nowhere. */
  void setLine(int line, ModelContext.Level level) {
    if (line >= 0 && line < lines.size()) {
      lines.get(line).set(level);
    }
  }

  /** Memory of a region that outlives the device's models. */
  MemorySegment regionMemory(int region, long size) {
    return regionMemory.computeIfAbsent(
        region, key -> Arena.ofAuto().allocate(Math.max(size, 1), 4096));
  }

  /** The device is off: its registers give ones, it does no DMA. */
  void leave() {
    gone = true;
    lines.forEach(line -> line.set(ModelContext.Level.LOW));
  }

  void close() {
    host.close();
  }

  @Override
  public String bus() {
    return node.bus();
  }

  @Override
  public String name() {
    return node.name();
  }

  @Override
  public String summary() {
    return node.compatible().isEmpty() ? "no compatible" : String.join(", ", node.compatible());
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
  public List<String> compatible() {
    return node.compatible();
  }

  @Override
  public List<Resource> resources() {
    return node.registers().stream()
        .map(
            registers ->
                new Resource(
                    Kind.MEMORY, registers.start(), registers.size(), Writability.READ_WRITE))
        .toList();
  }

  @Override
  public MmioWindow window(int resource) {
    if (resource < 0 || resource >= windows.size()) {
      throw Errno.EINVAL.because("%s has no resource %d", name(), resource);
    }
    return windows.get(resource);
  }

  @Override
  public List<Irq> irqs() {
    return lines.stream().map(WiredLine::irq).toList();
  }

  @Override
  public String toString() {
    return name();
  }
}

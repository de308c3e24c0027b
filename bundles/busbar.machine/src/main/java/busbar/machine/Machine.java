package busbar.machine;

import busbar.api.Errno;
import busbar.api.bus.Bus;
import busbar.api.bus.HostDriver;
import busbar.api.bus.HostSetup;
import busbar.api.iommu.Iommu;
import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciAddress;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapJournal;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapSettings;
import busbar.api.swap.Swappable;
import busbar.api.time.Timing;
import busbar.machine.internal.host.ImpliedParameters;
import busbar.machine.internal.host.RuleDriver;
import busbar.machine.internal.iommu.DmaGroup;
import busbar.machine.internal.iommu.IommuHardware;
import busbar.machine.internal.iommu.SimGroup;
import busbar.machine.internal.iommu.SimIommu;
import busbar.machine.internal.irq.MessageController;
import busbar.machine.internal.irq.MessageController.Routing;
import busbar.machine.internal.model.ExchangeRules;
import busbar.machine.internal.model.ModelDirectory;
import busbar.machine.internal.model.ModelHost;
import busbar.machine.internal.model.ModelSwaps;
import busbar.machine.internal.pci.Board;
import busbar.machine.internal.pci.PciBus;
import busbar.machine.internal.pci.PciFunction;
import busbar.machine.internal.platform.PlatformBus;
import busbar.machine.internal.platform.PlatformUnit;
import busbar.machine.internal.tce.TceIommu;
import busbar.machine.model.DeviceModelFactory;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A running machine: buses with devices, IOMMU hardware, interrupt controller, made from a
 * description.
 *
 * <p>Device models may come, go and be replaced at any time; a device without its model is on its
 * bus all the same, with registers that read as zero. Any thread.
 */
public final class Machine implements AutoCloseable, Swappable {
  /** Who provides a factory where there are no bundles. */
  private static final Candidate PLAIN = Candidate.plain("");

  private final MachineDescription description;
  private final Board board;
  private final PciBus pci;
  private final List<PlatformBus> platforms;
  private final List<Iommu> iommus;
  private final Map<Integer, DmaGroup> groups = new HashMap<>();
  private final List<HostDriver> hostDrivers;
  private final ExchangeRules exchanges = new ExchangeRules();
  private final ModelSwaps swaps;

  /**
   * Switches a machine on.
   *
   * @param memory the physical address space that client memory lies in
   * @param factories of the models that are there from the start
   */
  public Machine(
      MachineDescription description,
      PhysicalMemory memory,
      Timing timing,
      Collection<? extends DeviceModelFactory> factories) {
    this.description = description;
    ModelDirectory models = new ModelDirectory();
    factories.forEach(factory -> models.add(factory, 0, PLAIN));
    board =
        new Board(
            memory,
            timing,
            new MessageController(routing(description)),
            models,
            exchanges,
            description.arch().startsWith("ppc") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
            description.reportsConventionalErrors());
    iommus = description.iommus().stream().map(this::iommu).toList();
    pci = new PciBus(memory);
    pci.populate(functions());
    platforms = platforms(memory);
    hostDrivers = drivers();
    swaps = new ModelSwaps(this::hosts, models, exchanges);
  }

  private Stream<ModelHost> hosts() {
    return Stream.concat(
        pci.functions().stream().map(PciFunction::host),
        platforms.stream().flatMap(bus -> bus.units().stream()).map(PlatformUnit::host));
  }

  private static Routing routing(MachineDescription description) {
    return switch (description.arch()) {
      case "aarch64" -> Routing.ITS;
      case "ppc64le" -> Routing.HOST_BRIDGE;
      default ->
          description
                  .iommu()
                  .features()
                  .contains(MachineDescription.IommuFeature.INTERRUPT_REMAPPING)
              ? Routing.REMAPPED
              : Routing.VECTORS;
    };
  }

  private Iommu iommu(MachineDescription.IommuUnit unit) {
    List<MachineDescription.Group> isolated =
        description.groups().stream().filter(group -> group.iommu().equals(unit.name())).toList();
    if (unit.kind().equals(TceIommu.KIND)) {
      TceIommu made = new TceIommu(unit, description);
      isolated.forEach(group -> groups.put(group.id(), made.addGroup(group)));
      return made;
    }
    SimIommu made = new SimIommu(unit.name(), IommuHardware.of(unit));
    List<SimGroup> fresh =
        isolated.stream()
            .map(
                each -> new SimGroup(each.id(), each.type(), each.reserved(), each.devices(), made))
            .toList();
    fresh.forEach(group -> groups.put(group.id(), group));
    made.addGroups(fresh);
    return made;
  }

  private List<PciFunction> functions() {
    Map<String, Optional<String>> preferred = preferredDrivers();
    Map<PciAddress, MachineDescription.Function> byAddress =
        description.pci().stream()
            .collect(Collectors.toMap(MachineDescription.Function::address, each -> each));
    Map<PciAddress, PciFunction> made = new HashMap<>();
    description.pci().forEach(function -> make(function, byAddress, preferred, made));
    return List.copyOf(made.values());
  }

  private List<PlatformBus> platforms(PhysicalMemory memory) {
    Map<String, Optional<String>> preferred = preferredDrivers();
    Map<String, List<PlatformUnit>> byBus = new LinkedHashMap<>();
    for (MachineDescription.PlatformNode node : description.platform()) {
      DmaGroup group =
          node.iommuGroup().isPresent() ? groups.get(node.iommuGroup().getAsInt()) : null;
      Optional<String> driver = preferred.getOrDefault(node.name(), Optional.empty());
      byBus
          .computeIfAbsent(node.bus(), name -> new ArrayList<>())
          .add(new PlatformUnit(board, node, group, driver));
    }
    List<PlatformBus> made = new ArrayList<>();
    byBus.forEach((name, units) -> made.add(new PlatformBus(name, memory, units)));
    return List.copyOf(made);
  }

  private Map<String, Optional<String>> preferredDrivers() {
    Map<String, Optional<String>> preferred = new HashMap<>();
    description
        .aliases()
        .values()
        .forEach(
            alias ->
                preferred.put(
                    alias.device(), alias.driver().filter(driver -> !driver.equals("none"))));
    return preferred;
  }

  /** Makes a function after the bridge that it is below. */
  private PciFunction make(
      MachineDescription.Function function,
      Map<PciAddress, MachineDescription.Function> byAddress,
      Map<String, Optional<String>> preferred,
      Map<PciAddress, PciFunction> made) {
    PciFunction there = made.get(function.address());
    if (there != null) {
      return there;
    }
    PciFunction parent =
        function.parent().isEmpty()
            ? null
            : make(byAddress.get(function.parent().get()), byAddress, preferred, made);
    DmaGroup group =
        function.iommuGroup().isPresent() ? groups.get(function.iommuGroup().getAsInt()) : null;
    PciFunction fresh =
        new PciFunction(
            board,
            pci,
            function,
            parent,
            null,
            group,
            preferred.getOrDefault(function.address().toString(), Optional.empty()));
    made.put(function.address(), fresh);
    return fresh;
  }

  private List<HostDriver> drivers() {
    List<HostDriver> drivers = new ArrayList<>();
    description
        .hostDrivers()
        .values()
        .forEach(
            rule -> {
              Set<String> bound =
                  description.pci().stream()
                      .filter(each -> each.hostDriver().equals(Optional.of(rule.name())))
                      .map(each -> each.address().toString())
                      .collect(Collectors.toSet());
              drivers.add(new RuleDriver(rule, bound));
            });
    return List.copyOf(drivers);
  }

  /** The description's name. */
  public String name() {
    return description.name();
  }

  public MachineDescription description() {
    return description;
  }

  /** Every bus. */
  public List<Bus> buses() {
    List<Bus> all = new ArrayList<>();
    all.add(pci);
    all.addAll(platforms);
    return List.copyOf(all);
  }

  /** The IOMMU hardware, if there is any. */
  public List<Iommu> iommus() {
    return iommus;
  }

  /** The host's ordinary drivers. */
  public List<HostDriver> hostDrivers() {
    return hostDrivers;
  }

  /** How the host was set up. */
  public HostSetup hostSetup() {
    Map<String, String> parameters = ImpliedParameters.of(description);
    return new HostSetup() {
      @Override
      public String machine() {
        return description.name();
      }

      @Override
      public Map<String, String> parameters() {
        return parameters;
      }

      @Override
      public List<Mediated> mediatedDevices() {
        return description.mediated();
      }
    };
  }

  /** As {@link #addModels(DeviceModelFactory, int)} with ranking 0. */
  public void addModels(DeviceModelFactory factory) {
    addModels(factory, 0);
  }

  /**
   * Models come: devices that wait for them get them, devices that were lost without them appear
   * again. The others keep the models that they have, unless the policy says otherwise.
   *
   * @param ranking of two factories of one model, the one of higher ranking is better; of equal
   *     ranking, the one of the newer bundle
   */
  public void addModels(DeviceModelFactory factory, int ranking) {
    addModels(factory, ranking, PLAIN);
  }

  /**
   * As {@link #addModels(DeviceModelFactory, int)}.
   *
   * @param provider the factory's bundle, for records and for who chooses between two; its name is
   *     not looked at
   */
  public void addModels(DeviceModelFactory factory, int ranking, Candidate provider) {
    board.models().add(factory, ranking, provider);
    update(factory);
    pci.regain(factory.models());
    platforms.forEach(bus -> bus.regain(factory.models()));
  }

  /**
   * Models go: another factory's take over their devices at once, with all state, or accesses wait
   * for one to come. Devices for which none comes within the grace period vanish from their bus.
   */
  public void removeModels(DeviceModelFactory factory) {
    board.models().remove(factory);
    update(factory);
  }

  /** What is around the machine stops too: nobody waits for a successor from now on. */
  public void stopWaiting() {
    exchanges.stop();
    hosts().forEach(ModelHost::stop);
  }

  @Override
  public List<Slot> slots() {
    return swaps.slots();
  }

  @Override
  public SwapPlan plan(String target, Candidate successor) {
    return swaps.plan(target, successor);
  }

  @Override
  public SwapRecord swap(String target, Candidate successor, SwapRecord.Way way, String who) {
    return swaps.swap(target, successor, way, who);
  }

  @Override
  public void settings(SwapSettings wanted) {
    swaps.settings(wanted);
  }

  /** Where records of exchanges go from now on; {@code null} for nowhere. */
  public void journal(SwapJournal wanted) {
    exchanges.journal(wanted);
  }

  private void update(DeviceModelFactory factory) {
    hosts().filter(host -> factory.models().contains(host.model())).forEach(ModelHost::update);
  }

  /**
   * Makes the port above a function report an error of it (AER).
   *
   * @throws busbar.api.VfioException {@code ENODEV} if there is no such device
   */
  public void reportError(String device) {
    function(device).reportError();
  }

  /** Makes a function ask to be woken (PME); {@code ENODEV} as {@link #reportError}. */
  public void requestWakeup(String device) {
    function(device).requestWakeup();
  }

  private PciFunction function(String name) {
    return pci.functions().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Errno.ENODEV.because("machine %s has no PCI function %s", name(), name));
  }

  /** Switches the machine off: every device vanishes from its bus. */
  @Override
  public void close() {
    stopWaiting();
    platforms.reversed().forEach(PlatformBus::vanish);
    pci.vanish();
  }
}

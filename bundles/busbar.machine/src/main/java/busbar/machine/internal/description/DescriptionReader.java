package busbar.machine.internal.description;

import busbar.api.bus.HostSetup;
import busbar.api.iommu.ReservedRegion;
import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.Alias;
import busbar.machine.MachineDescription.DmaManagement;
import busbar.machine.MachineDescription.DmaWindow;
import busbar.machine.MachineDescription.Function;
import busbar.machine.MachineDescription.Group;
import busbar.machine.MachineDescription.HostDriverRule;
import busbar.machine.MachineDescription.Interrupt;
import busbar.machine.MachineDescription.IommuFeature;
import busbar.machine.MachineDescription.IommuUnit;
import busbar.machine.MachineDescription.PlatformNode;
import busbar.machine.MachineDescription.Registers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;

/** Reads a machine description and refuses what cannot be a machine. */
public final class DescriptionReader {
  private static final Set<String> ARCHITECTURES = Set.of("x86_64", "aarch64", "ppc64le");
  private static final Set<String> TRIGGERS =
      Set.of("edge-rising", "edge-falling", "edge-both", "level-high", "level-low");

  private final Refusals refusals;
  private final Fields top;
  private final Places places;

  private DescriptionReader(Refusals refusals, Node root) {
    this.refusals = refusals;
    this.top = new Fields(root, refusals);
    this.places = new Places(refusals);
  }

  /** Reads a text; see {@link MachineDescription#read(String, String)}. */
  public static MachineDescription read(String source, String json) {
    Refusals refusals = new Refusals(source);
    return new DescriptionReader(refusals, new NodeReader(refusals).read(json)).machine();
  }

  private MachineDescription machine() {
    String name = top.string("name");
    Node archNode = top.need("arch");
    String arch = top.string(archNode);
    if (!ARCHITECTURES.contains(arch)) {
      throw refusals.refuse(archNode, "'%s' is none of the architectures %s", arch, ARCHITECTURES);
    }
    String kernel = top.optionalString("kernel").orElse("");
    top.find("board");
    int pageSize = (int) top.number("pageSize", 4096, 65536, 4096);
    if (Integer.bitCount(pageSize) != 1) {
      throw refusals.refuse(top.need("pageSize"), "%d is not a power of two", pageSize);
    }
    List<IommuUnit> iommus = iommus();
    List<Function> functions = pci();
    List<PlatformNode> platform = platform();
    List<Group> groups = groups(iommus);
    places.checkGroups(iommus.isEmpty());
    Map<String, HostDriverRule> drivers = hostDrivers();
    places.checkHostDrivers(drivers.keySet());
    MachineDescription machine =
        new MachineDescription(
            name,
            arch,
            kernel,
            pageSize,
            iommus,
            aliases(),
            groups,
            functions,
            platform,
            dmaWindows(),
            mediated(),
            parameters(),
            drivers,
            List.of());
    top.warnOfRest("a machine");
    return withWarnings(machine);
  }

  private MachineDescription withWarnings(MachineDescription m) {
    return new MachineDescription(
        m.name(),
        m.arch(),
        m.kernel(),
        m.pageSize(),
        m.iommus(),
        m.aliases(),
        m.groups(),
        m.pci(),
        m.platform(),
        m.dmaWindows(),
        m.mediated(),
        m.parameters(),
        m.hostDrivers(),
        refusals.warnings());
  }

  /** One as {@code iommu}, or several as {@code iommus}; those of kind none are not there. */
  private List<IommuUnit> iommus() {
    List<IommuUnit> units = new ArrayList<>();
    Node single = top.find("iommu");
    if (single != null) {
      units.add(iommu(single));
    }
    for (Node node : top.list("iommus")) {
      IommuUnit unit = iommu(node);
      if (units.stream().anyMatch(other -> other.name().equals(unit.name()))) {
        throw refusals.refuse(node, "there are two IOMMUs with the name %s", unit.name());
      }
      units.add(unit);
    }
    units.removeIf(unit -> unit.kind().equals("none"));
    return List.copyOf(units);
  }

  private IommuUnit iommu(Node node) {
    Fields fields = new Fields(node, refusals);
    Node kindNode = fields.need("kind");
    String kind = fields.string(kindNode);
    EnumSet<IommuFeature> features = EnumSet.noneOf(IommuFeature.class);
    int addressBits = 0;
    int levels = 0;
    switch (kind) {
      case "vt-d", "smmuv3" -> {
        addressBits = (int) fields.number("addressBits", 32, 57);
        if (fields.flag("interruptRemapping")) {
          features.add(IommuFeature.INTERRUPT_REMAPPING);
        }
        if (fields.flag("dirtyBits")) {
          features.add(IommuFeature.DIRTY_BITS);
        }
        if (fields.flag("snoopControl")) {
          features.add(IommuFeature.SNOOP_CONTROL);
        }
      }
      case "spapr-tce" -> {
        levels = (int) fields.number("levels", 1, 5, 1);
        if (fields.flag("eeh")) {
          features.add(IommuFeature.EEH);
        }
      }
      case "none" -> {}
      default ->
          throw refusals.refuse(
              kindNode, "'%s' is no kind of IOMMU: vt-d, smmuv3, spapr-tce or none", kind);
    }
    String name = fields.optionalString("name").orElse(usualName(kind));
    fields.warnOfRest("an IOMMU of kind " + kind);
    return new IommuUnit(name, kind, addressBits, levels, Set.copyOf(features));
  }

  private static String usualName(String kind) {
    return switch (kind) {
      case "vt-d" -> "dmar0";
      case "smmuv3" -> "smmu3.0";
      case "spapr-tce" -> "tce0";
      default -> kind;
    };
  }

  private List<Function> pci() {
    FunctionReader reader = new FunctionReader(refusals, places);
    List<Function> functions = new ArrayList<>();
    for (Node node : top.list("pci")) {
      functions.add(reader.function(node));
    }
    places.checkParents();
    functions.sort(Comparator.comparing(Function::address));
    return List.copyOf(functions);
  }

  private List<PlatformNode> platform() {
    List<PlatformNode> nodes = new ArrayList<>();
    for (Node node : top.list("platform")) {
      Fields fields = new Fields(node, refusals);
      String name = fields.string("name");
      OptionalInt group = fields.optionalInt("iommuGroup", 0, Integer.MAX_VALUE);
      places.device(node, name, group);
      nodes.add(
          new PlatformNode(
              name,
              fields.optionalString("bus").orElse("platform"),
              fields.strings("compatible"),
              registers(fields, name),
              interrupts(fields),
              group,
              fields.rest()));
    }
    return List.copyOf(nodes);
  }

  private List<Registers> registers(Fields device, String name) {
    List<Registers> registers = new ArrayList<>();
    for (Node node : device.list("reg")) {
      Fields fields = new Fields(node, refusals);
      long start = fields.number("start", 0, Long.MAX_VALUE >> 1);
      long size = fields.number("size", 1, 1L << 40);
      registers.add(new Registers(start, size));
      places.window(node, name, start, size, Places.Space.MEMORY);
    }
    return List.copyOf(registers);
  }

  private List<Interrupt> interrupts(Fields device) {
    List<Interrupt> interrupts = new ArrayList<>();
    for (Node node : device.list("interrupts")) {
      Fields fields = new Fields(node, refusals);
      Node trigger = fields.need("trigger");
      if (!TRIGGERS.contains(fields.string(trigger))) {
        throw refusals.refuse(trigger, "'%s' is none of %s", trigger.value(), TRIGGERS);
      }
      interrupts.add(
          new Interrupt(
              (int) fields.number("number", 0, Integer.MAX_VALUE), fields.string(trigger)));
    }
    return List.copyOf(interrupts);
  }

  private List<Group> groups(List<IommuUnit> iommus) {
    List<Group> groups = new ArrayList<>();
    for (Node node : top.list("groups")) {
      Fields fields = new Fields(node, refusals);
      int id = (int) fields.number("id", 0, Integer.MAX_VALUE);
      List<ReservedRegion> reserved = new ArrayList<>();
      for (Node region : fields.list("reserved")) {
        reserved.add(reserved(region));
      }
      reserved.sort(Comparator.comparingLong(ReservedRegion::start));
      List<String> members = fields.strings("devices");
      groups.add(
          new Group(
              id,
              fields.optionalString("type").orElse("DMA"),
              iommuOf(fields, iommus),
              reserved,
              members));
      places.group(node, id, fields.list("devices"));
      fields.warnOfRest("a group");
    }
    return List.copyOf(groups);
  }

  private String iommuOf(Fields group, List<IommuUnit> iommus) {
    Node named = group.find("iommu");
    if (named == null) {
      return iommus.isEmpty() ? "" : iommus.getFirst().name();
    }
    String name = group.string(named);
    if (iommus.stream().noneMatch(unit -> unit.name().equals(name))) {
      throw refusals.refuse(named, "there is no IOMMU with the name %s", name);
    }
    return name;
  }

  private ReservedRegion reserved(Node node) {
    Fields fields = new Fields(node, refusals);
    long start = fields.number("start", 0, Long.MAX_VALUE);
    long end = fields.number("end", start, Long.MAX_VALUE);
    Node type = fields.need("type");
    ReservedRegion.Kind kind =
        switch (fields.string(type)) {
          case "msi" -> ReservedRegion.Kind.MSI;
          case "sw-msi" -> ReservedRegion.Kind.SW_MSI;
          case "direct" -> ReservedRegion.Kind.DIRECT;
          case "direct-relaxable" -> ReservedRegion.Kind.DIRECT_RELAXABLE;
          case "reserved" -> ReservedRegion.Kind.RESERVED;
          default -> throw refusals.refuse(type, "'%s' is no kind of reserved range", type.value());
        };
    return new ReservedRegion(start, end, kind);
  }

  private Map<String, Alias> aliases() {
    Map<String, Alias> aliases = new LinkedHashMap<>();
    top.members("aliases")
        .forEach(
            (name, node) -> {
              Fields fields = new Fields(node, refusals);
              aliases.put(
                  name, new Alias(fields.string("device"), fields.optionalString("driver")));
            });
    return Map.copyOf(aliases);
  }

  private List<DmaWindow> dmaWindows() {
    List<DmaWindow> windows = new ArrayList<>();
    for (Node node : top.list("dmaWindows")) {
      Fields fields = new Fields(node, refusals);
      windows.add(
          new DmaWindow(
              fields.number("liobn", 0, 0xffff_ffffL),
              fields.number("start", 0, Long.MAX_VALUE),
              fields.number("size", 4096, Long.MAX_VALUE)));
    }
    return List.copyOf(windows);
  }

  private List<HostSetup.Mediated> mediated() {
    List<HostSetup.Mediated> devices = new ArrayList<>();
    for (Node node : top.list("mdev")) {
      Fields fields = new Fields(node, refusals);
      Node uuid = fields.need("uuid");
      try {
        UUID.fromString(fields.string(uuid));
      } catch (IllegalArgumentException e) {
        throw refusals.refuse(uuid, "'%s' is no UUID", uuid.value());
      }
      devices.add(
          new HostSetup.Mediated(
              fields.string(uuid), fields.string("parent"), fields.string("type")));
    }
    return List.copyOf(devices);
  }

  private Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    top.members("parameters")
        .forEach(
            (name, node) ->
                parameters.put(
                    name,
                    switch (node.value()) {
                      case Boolean on -> on ? "Y" : "N";
                      case Long number -> Long.toString(number);
                      case String text -> text;
                      case null, default ->
                          throw refusals.refuse(node, "a parameter cannot be %s", node.kind());
                    }));
    return Map.copyOf(parameters);
  }

  private Map<String, HostDriverRule> hostDrivers() {
    Map<String, HostDriverRule> drivers = new LinkedHashMap<>();
    top.members("hostDrivers")
        .forEach(
            (name, node) -> {
              Fields fields = new Fields(node, refusals);
              for (Node id : fields.list("ids")) {
                if (!fields.string(id).matches("[0-9a-fA-F]{4}:[0-9a-fA-F]{4}")) {
                  throw refusals.refuse(id, "'%s' is not vendor:device", id.value());
                }
              }
              drivers.put(
                  name,
                  new HostDriverRule(
                      name,
                      fields.strings("ids"),
                      fields.optionalInt("class", 0, 0xffff),
                      fields.flag("managesDma")
                          ? DmaManagement.BY_ITSELF
                          : DmaManagement.BY_KERNEL));
              fields.warnOfRest("a host driver");
            });
    return Map.copyOf(drivers);
  }
}

package busbar.machine.internal.description;

import busbar.api.bus.ResetMethod;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciResource;
import busbar.machine.MachineDescription.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads PCI functions. */
final class FunctionReader {
  private static final int ROM = 6;
  private static final int FIRST_WINDOW = 13;
  private static final int LAST_INDEX = 16;
  private static final long ROM_SHADOW = 0x2;

  private final Refusals refusals;
  private final Places places;

  FunctionReader(Refusals refusals, Places places) {
    this.refusals = refusals;
    this.places = places;
  }

  Function function(Node node) {
    Fields fields = new Fields(node, refusals);
    PciAddress address = address(fields, fields.need("address"));
    OptionalInt group = fields.optionalInt("iommuGroup", 0, Integer.MAX_VALUE);
    places.device(node, address.toString(), group);
    byte[] config = config(fields);
    checkIds(fields, config);
    if ((config[0x0e] & 0x7f) == 1) {
      places.bridge(address.toString());
    }
    Node hostDriver = fields.find("hostDriver");
    if (hostDriver != null) {
      places.hostDriver(hostDriver, fields.string(hostDriver));
    }
    String model = fields.string("model");
    int totalVfs = (int) fields.number("sriovTotalVfs", 0, 65535, 0);
    return new Function(
        address,
        model,
        config,
        (int) fields.number("irq", 0, 4095, 0),
        group,
        parent(fields),
        resetMethods(fields),
        resources(fields, address.toString(), VirtualWindows.RESERVED),
        totalVfs,
        virtualFunctions(fields, model, totalVfs),
        rom(fields),
        fields.optionalString("hostDriver"),
        fields.rest());
  }

  /** Whether the windows of virtual functions are checked for overlap where they stand. */
  private enum VirtualWindows {
    /** They lie in the range that the physical function reserves for them. */
    INSIDE_RESERVED,
    RESERVED
  }

  private PciAddress address(Fields fields, Node node) {
    try {
      return PciAddress.parse(fields.string(node));
    } catch (IllegalArgumentException e) {
      throw refusals.refuse(node, "%s", e.getMessage());
    }
  }

  private byte[] config(Fields fields) {
    Node node = fields.need("config");
    byte[] config = fields.hex("config");
    if (config.length != 256 && config.length != 4096) {
      throw refusals.refuse(
          node, "configuration space has 256 or 4096 bytes, this has %d", config.length);
    }
    return config;
  }

  private void checkIds(Fields fields, byte[] config) {
    check(fields, "vendor", config, 0, 2);
    check(fields, "device", config, 2, 2);
    check(fields, "revision", config, 8, 1);
    check(fields, "class", config, 9, 3);
    fields.find("subsystemVendor");
    fields.find("subsystemDevice");
  }

  private void check(Fields fields, String key, byte[] config, int offset, int width) {
    Node node = fields.find(key);
    if (node == null) {
      return;
    }
    long said = fields.number(node, 0, 0xffffff);
    long there = 0;
    for (int i = width - 1; i >= 0; i--) {
      there = there << 8 | config[offset + i] & 0xff;
    }
    if (said != there) {
      throw refusals.refuse(
          node, "%s is 0x%x here and 0x%x in the configuration space", key, said, there);
    }
  }

  private Optional<PciAddress> parent(Fields fields) {
    Node node = fields.find("parent");
    if (node == null || fields.string(node).startsWith("pci")) {
      return Optional.empty();
    }
    PciAddress parent = address(fields, node);
    places.parent(node, parent.toString());
    return Optional.of(parent);
  }

  private List<ResetMethod> resetMethods(Fields fields) {
    List<ResetMethod> methods = new ArrayList<>();
    for (Node node : fields.list("resetMethods")) {
      methods.add(
          switch (fields.string(node)) {
            case "device_specific" -> ResetMethod.DEVICE_SPECIFIC;
            case "acpi" -> ResetMethod.ACPI;
            case "flr" -> ResetMethod.FLR;
            case "af_flr" -> ResetMethod.AF_FLR;
            case "pm" -> ResetMethod.PM;
            case "bus" -> ResetMethod.BUS;
            default ->
                throw refusals.refuse(node, "'%s' is no way to reset a function", node.value());
          });
    }
    return List.copyOf(methods);
  }

  private List<PciResource> resources(Fields fields, String owner, VirtualWindows where) {
    List<PciResource> resources = new ArrayList<>();
    for (Node node : fields.list("resources")) {
      Fields resource = new Fields(node, refusals);
      int index = (int) resource.number("index", 0, LAST_INDEX);
      long start = resource.number("start", 0, Long.MAX_VALUE >> 1);
      long end = resource.number("end", start, Long.MAX_VALUE >> 1);
      long flags = resource.number("flags", 0, 0xffff_ffffL);
      PciResource read = new PciResource(index, start, end, flags);
      if (resources.stream().anyMatch(other -> other.index() == index)) {
        throw refusals.refuse(node, "resource %d of %s stands here twice", index, owner);
      }
      resources.add(read);
      resource.warnOfRest("a resource");
      if (!read.isIo() && !read.isMemory()) {
        throw refusals.refuse(resource.need("flags"), "0x%x says neither memory nor ports", flags);
      }
      boolean shadow = index == ROM && (flags & ROM_SHADOW) != 0;
      if (index < FIRST_WINDOW && !shadow) {
        checkBar(node, owner, read, where);
      }
    }
    return List.copyOf(resources);
  }

  private void checkBar(Node node, String owner, PciResource bar, VirtualWindows where) {
    if (bar.index() <= ROM
        && (Long.bitCount(bar.size()) != 1 || (bar.start() & bar.size() - 1) != 0)) {
      throw refusals.refuse(
          node,
          "BAR %d of %s has 0x%x bytes at 0x%x: a size must be a power of two and the start a"
              + " multiple of it",
          bar.index(),
          owner,
          bar.size(),
          bar.start());
    }
    if (where == VirtualWindows.RESERVED) {
      places.window(
          node,
          owner,
          bar.start(),
          bar.size(),
          bar.isIo() ? Places.Space.PORTS : Places.Space.MEMORY);
    }
  }

  private List<Function> virtualFunctions(Fields fields, String model, int totalVfs) {
    List<Function> functions = new ArrayList<>();
    for (Node node : fields.list("virtualFunctions")) {
      Fields virtual = new Fields(node, refusals);
      PciAddress address = address(virtual, virtual.need("address"));
      OptionalInt group = virtual.optionalInt("iommuGroup", 0, Integer.MAX_VALUE);
      places.virtualDevice(node, address.toString(), group);
      if (functions.size() == totalVfs) {
        throw refusals.refuse(node, "%s is more than the sriovTotalVfs of %d", address, totalVfs);
      }
      functions.add(
          new Function(
              address,
              virtual.optionalString("model").orElse(model),
              config(virtual),
              0,
              group,
              Optional.empty(),
              resetMethods(virtual),
              resources(virtual, address.toString(), VirtualWindows.INSIDE_RESERVED),
              0,
              List.of(),
              new byte[0],
              Optional.empty(),
              virtual.rest()));
    }
    return List.copyOf(functions);
  }

  /** The option ROM: its contents, or one that has a valid header and is otherwise empty. */
  private byte[] rom(Fields fields) {
    byte[] contents = fields.hex("rom");
    int size = (int) fields.number("romSize", 0, 16 << 20, contents.length);
    if (contents.length > 0 || size == 0) {
      return contents;
    }
    if (size % 512 != 0 || size > 255 * 512) {
      throw refusals.refuse(
          fields.need("romSize"), "%d is not a number of 512-byte blocks up to 255", size);
    }
    return BlankRom.of(size, fields.hex("config"));
  }
}

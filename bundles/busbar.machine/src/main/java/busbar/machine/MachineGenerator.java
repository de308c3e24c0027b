package busbar.machine;

import busbar.api.bus.ResetMethod;
import busbar.api.iommu.ReservedRegion;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciResource;
import busbar.machine.MachineDescription.Function;
import busbar.machine.MachineDescription.Group;
import busbar.machine.MachineDescription.IommuFeature;
import busbar.machine.MachineDescription.IommuUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Describes machines of any number of equal devices, each in a group of its own, over as many PCI
 * domains as it takes: to measure how a system grows.
 */
public final class MachineGenerator {
  private static final int DEVICES_PER_BUS = 32;
  private static final int BUSES_PER_DOMAIN = 256;
  private static final long FIRST_BAR = 0x10_0000_0000L;
  private static final int CONFIG_BYTES = 256;
  private static final int MSI = 0x40;

  private final String model;
  private final int vendor;
  private final int device;
  private final long barBytes;

  /**
   * A generator.
   *
   * @param model of every device; {@code "edu"}, for instance
   * @param vendor and {@code device} are its ids
   * @param barBytes size of its one BAR, a power of two of at least 4096
   */
  public MachineGenerator(String model, int vendor, int device, long barBytes) {
    if (Long.bitCount(barBytes) != 1 || barBytes < 4096) {
      throw new IllegalArgumentException("a BAR of " + barBytes + " bytes cannot be");
    }
    this.model = model;
    this.vendor = vendor;
    this.device = device;
    this.barBytes = barBytes;
  }

  /** Machines of {@code edu} devices. */
  public static MachineGenerator ofEdu() {
    return new MachineGenerator("edu", 0x1234, 0x11e8, 0x10_0000);
  }

  /** A machine of that many devices, 1 to 65,536 domains of 8,192. */
  public MachineDescription describe(int devices) {
    List<Function> functions = new ArrayList<>(devices);
    List<Group> groups = new ArrayList<>(devices);
    List<ReservedRegion> reserved =
        List.of(new ReservedRegion(0xfee0_0000L, 0xfeef_ffffL, ReservedRegion.Kind.MSI));
    for (int number = 0; number < devices; number++) {
      PciAddress address = address(number);
      functions.add(function(address, number));
      groups.add(new Group(number, "DMA", "dmar0", reserved, List.of(address.toString())));
    }
    return new MachineDescription(
        "generated-" + devices,
        "x86_64",
        "",
        4096,
        List.of(new IommuUnit("dmar0", "vt-d", 48, 0, Set.of(IommuFeature.INTERRUPT_REMAPPING))),
        Map.of(),
        groups,
        functions,
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        Map.of(),
        List.of());
  }

  private static PciAddress address(int number) {
    int perDomain = DEVICES_PER_BUS * BUSES_PER_DOMAIN;
    return new PciAddress(
        number / perDomain, number % perDomain / DEVICES_PER_BUS, number % DEVICES_PER_BUS, 0);
  }

  private Function function(PciAddress address, int number) {
    long start = FIRST_BAR + number * barBytes;
    byte[] config = new byte[CONFIG_BYTES];
    put(config, 0x00, 2, vendor);
    put(config, 0x02, 2, device);
    put(config, 0x04, 2, 0x0103);
    put(config, 0x06, 2, 0x0010);
    put(config, 0x0a, 2, 0x00ff);
    put(config, 0x10, 4, start | 4);
    put(config, 0x14, 4, start >>> 32);
    put(config, 0x34, 1, MSI);
    put(config, 0x3d, 1, 1);
    put(config, MSI, 4, 0x0080_0005L);
    PciResource bar =
        new PciResource(0, start, start + barBytes - 1, PciResource.MEMORY | PciResource.MEMORY_64);
    return new Function(
        address,
        model,
        config,
        16 + number % 8,
        OptionalInt.of(number),
        Optional.empty(),
        List.<ResetMethod>of(),
        List.of(bar),
        0,
        List.of(),
        new byte[0],
        Optional.empty(),
        Map.of());
  }

  private static void put(byte[] config, int at, int width, long value) {
    for (int i = 0; i < width; i++) {
      config[at + i] = (byte) (value >>> 8 * i);
    }
  }
}

package busbar.machine;

import busbar.api.bus.HostSetup;
import busbar.api.bus.ResetMethod;
import busbar.api.iommu.ReservedRegion;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciResource;
import busbar.machine.internal.description.DescriptionReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A machine as data: what the JSON file says, checked. The format is documented in {@code
 * docs/machine-format.md}.
 *
 * @param name the machine's name
 * @param arch {@code "x86_64"}, {@code "aarch64"}, {@code "ppc64le"}
 * @param kernel the host's kernel, {@code "7.3.4"}; empty if the file does not say
 * @param pageSize of the host, in bytes
 * @param iommus IOMMU hardware, the main one first; none if the machine has no IOMMU
 * @param aliases short names of devices, and the drivers that they start with
 * @param groups isolation groups at start
 * @param pci functions in address order
 * @param platform devices that firmware describes
 * @param dmaWindows of sPAPR machines
 * @param mediated devices that the mediated bus makes at start
 * @param parameters values by {@code module.parameter}
 * @param hostDrivers ordinary drivers of the host by name
 * @param warnings what the reader noticed and did not refuse, with place
 */
public record MachineDescription(
    String name,
    String arch,
    String kernel,
    int pageSize,
    List<IommuUnit> iommus,
    Map<String, Alias> aliases,
    List<Group> groups,
    List<Function> pci,
    List<PlatformNode> platform,
    List<DmaWindow> dmaWindows,
    List<HostSetup.Mediated> mediated,
    Map<String, String> parameters,
    Map<String, HostDriverRule> hostDrivers,
    List<String> warnings) {

  /** What stands for no IOMMU. */
  private static final IommuUnit NO_IOMMU = new IommuUnit("none", "none", 0, 0, Set.of());

  /**
   * Whether the host's kernel reports errors of conventional PCI functions too, and not of PCI
   * Express alone, as kernels before 7.3 did.
   */
  public boolean reportsConventionalErrors() {
    String[] version = kernel.split("\\.");
    if (version.length < 2 || !version[0].matches("\\d{1,4}") || !version[1].matches("\\d{1,4}")) {
      return true;
    }
    int major = Integer.parseInt(version[0]);
    return major > 7 || major == 7 && Integer.parseInt(version[1]) >= 3;
  }

  /** The main IOMMU; of kind {@code "none"} if there is none. */
  public IommuUnit iommu() {
    return iommus.isEmpty() ? NO_IOMMU : iommus.getFirst();
  }

  /** The PC that the product starts with when nothing else is asked. */
  public static MachineDescription embedded() {
    return embedded("pc");
  }

  /**
   * A machine that comes with the product: {@code "pc"}, {@code "pseries"}, {@code "virt"}, {@code
   * "mixed"}, {@code "gateway"}.
   *
   * @throws busbar.api.VfioException {@code ENOENT} if there is none of that name
   */
  public static MachineDescription embedded(String name) {
    String file = name + ".json";
    try (InputStream in =
        name.matches("[a-z0-9-]+") ? MachineDescription.class.getResourceAsStream(file) : null) {
      if (in == null) {
        throw busbar.api.Errno.ENOENT.because("no machine '%s' comes with the product", name);
      }
      return read("the embedded " + file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a file.
   *
   * @throws busbar.api.VfioException {@code ENOENT} if it cannot be read, {@code EINVAL} if it is
   *     wrong: file, place and reason stand in the sentence
   */
  public static MachineDescription read(Path file) {
    try {
      return read(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw busbar.api.Errno.ENOENT.because("%s cannot be read: %s", file, e);
    }
  }

  /**
   * Reads a text.
   *
   * @param source its name in messages
   * @throws busbar.api.VfioException {@code EINVAL} as {@link #read(Path)}
   */
  public static MachineDescription read(String source, String json) {
    return DescriptionReader.read(source, json);
  }

  /** What an IOMMU can besides translating. */
  public enum IommuFeature {
    INTERRUPT_REMAPPING,
    DIRTY_BITS,
    SNOOP_CONTROL,
    EEH
  }

  /**
   * One piece of IOMMU hardware.
   *
   * @param name {@code "dmar0"}
   * @param kind {@code "vt-d"}, {@code "smmuv3"}, {@code "spapr-tce"} or {@code "none"}
   * @param addressBits of an iova; 0 if the kind has none
   * @param levels of TCE tables; 0 else
   */
  public record IommuUnit(
      String name, String kind, int addressBits, int levels, Set<IommuFeature> features) {}

  /** A short name for a device; {@code driver} is the override that it starts with. */
  public record Alias(String device, Optional<String> driver) {}

  /**
   * An isolation group.
   *
   * @param iommu name of the hardware that isolates it
   */
  public record Group(
      int id, String type, String iommu, List<ReservedRegion> reserved, List<String> devices) {}

  /**
   * A PCI function.
   *
   * @param model of the device's behaviour
   * @param config raw configuration space, 256 or 4096 bytes
   * @param irq the line that its INTx pin is routed to, 0 if none
   * @param parent the bridge above, empty on a root bus
   * @param resetMethods in order of preference
   * @param totalVfs of SR-IOV, 0 if it has none
   * @param rom contents of the option ROM, empty if there is none
   * @param hostDriver the ordinary driver that takes it at start
   * @param properties every other value, for the device model
   */
  public record Function(
      PciAddress address,
      String model,
      byte[] config,
      int irq,
      OptionalInt iommuGroup,
      Optional<PciAddress> parent,
      List<ResetMethod> resetMethods,
      List<PciResource> resources,
      int totalVfs,
      List<Function> virtualFunctions,
      byte[] rom,
      Optional<String> hostDriver,
      Map<String, Object> properties) {}

  /** A device that firmware describes. */
  public record PlatformNode(
      String name,
      String bus,
      List<String> compatible,
      List<Registers> registers,
      List<Interrupt> interrupts,
      OptionalInt iommuGroup,
      Map<String, Object> properties) {}

  /** A range of registers of a platform device. */
  public record Registers(long start, long size) {}

  /** An interrupt of a platform device: {@code trigger} as the device tree names it. */
  public record Interrupt(int number, String trigger) {}

  /** A DMA window of an sPAPR endpoint. */
  public record DmaWindow(long liobn, long start, long size) {}

  /**
   * An ordinary driver of the host.
   *
   * @param ids {@code vendor:device} in hexadecimal
   * @param classCode the class and subclass that it takes, if it goes by class
   * @param managesDma whether groups with its devices may be given to users
   */
  public record HostDriverRule(
      String name, List<String> ids, OptionalInt classCode, DmaManagement managesDma) {}

  /** Whether a host driver does DMA through the kernel. */
  public enum DmaManagement {
    BY_KERNEL,
    BY_ITSELF
  }
}

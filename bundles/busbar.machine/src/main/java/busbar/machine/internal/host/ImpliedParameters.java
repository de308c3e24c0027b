package busbar.machine.internal.host;

import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.PlatformNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Module parameters that a recorded machine must have had, since its devices are bound as they are:
 * VFIO takes a device without an IOMMU group only in its unsafe mode, and vfio-platform one that no
 * reset handler serves only where none is required. What the description says itself counts.
 */
public final class ImpliedParameters {
  private static final String UNSAFE_MODE = "vfio.enable_unsafe_noiommu_mode";
  private static final String RESET_REQUIRED = "vfio_platform.reset_required";
  private static final String VFIO_PREFIX = "vfio-";
  private static final String VFIO_PLATFORM = "vfio-platform";

  /** What Linux has reset handlers for. */
  private static final Set<String> RESETTABLE =
      Set.of("amd,xgbe-seattle-v1a", "brcm,iproc-flexrm-mbox", "calxeda,hb-xgmac");

  private ImpliedParameters() {}

  /** The description's parameters and the implied ones. */
  public static Map<String, String> of(MachineDescription machine) {
    Set<String> withoutGroup = new HashSet<>();
    machine.pci().stream()
        .filter(function -> function.iommuGroup().isEmpty())
        .forEach(function -> withoutGroup.add(function.address().toString()));
    Map<String, List<String>> compatible = new HashMap<>();
    for (PlatformNode node : machine.platform()) {
      compatible.put(node.name(), node.compatible());
      if (node.iommuGroup().isEmpty()) {
        withoutGroup.add(node.name());
      }
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    machine
        .aliases()
        .values()
        .forEach(
            alias -> {
              String driver = alias.driver().orElse("");
              if (driver.startsWith(VFIO_PREFIX) && withoutGroup.contains(alias.device())) {
                parameters.put(UNSAFE_MODE, "Y");
              }
              List<String> kinds = compatible.getOrDefault(alias.device(), List.of());
              if (driver.equals(VFIO_PLATFORM) && kinds.stream().noneMatch(RESETTABLE::contains)) {
                parameters.put(RESET_REQUIRED, "N");
              }
            });
    parameters.putAll(machine.parameters());
    return Map.copyOf(parameters);
  }
}

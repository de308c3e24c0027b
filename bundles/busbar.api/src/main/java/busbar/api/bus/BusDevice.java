package busbar.api.bus;

import busbar.api.iommu.IommuGroup;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** A device as its bus offers it to drivers. */
@ConsumerType
public interface BusDevice {
  /** The bus: {@code "pci"}. */
  String bus();

  /** The name on the bus: {@code "0000:00:04.0"}. Unique on it. */
  String name();

  /** One line for people: ids, class, compatible strings. */
  String summary();

  /** The group that isolates it; empty if no IOMMU does. */
  Optional<IommuGroup> iommuGroup();

  /**
   * Whether the group is one that a mediated bus made, without hardware behind it; the core then
   * makes a synthetic group of its own.
   */
  default boolean isEmulated() {
    return false;
  }

  /** The driver that firmware or the machine's description wants for it: its first override. */
  default Optional<String> preferredDriver() {
    return Optional.empty();
  }
}

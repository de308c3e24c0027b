package busbar.api.device;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional service: the parameters of a driver, as {@code /sys/module/NAME/parameters} shows them.
 * Their first values come from the driver's configuration.
 */
@ConsumerType
public interface ModuleParameters {
  /** One parameter; {@code value} is text, booleans are {@code Y} and {@code N}. */
  record Parameter(String name, String value, String initial, String description) {}

  /** The module's name in the kernel's spelling: {@code vfio_iommu_type1}. */
  String module();

  /** All of them, in a fixed order. */
  List<Parameter> parameters();

  /**
   * Changes one; the change holds for what is opened afterwards.
   *
   * @throws busbar.api.VfioException {@code ENOENT} for an unknown name, {@code EINVAL} for a value
   *     that it cannot take
   */
  void set(String name, String value);
}

package busbar.api.admin;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The one edge of administration, a service of the registry. The shell, web pages and the view with
 * the kernel's sysfs paths are thin faces of it. Any thread; failures are {@link
 * busbar.api.VfioException}.
 *
 * <p>Devices are named by their bus name. {@code ENODEV}: no such device. {@code ENOENT}: no such
 * driver, module or parameter.
 */
@ProviderType
public interface VfioAdmin {
  /** Every device of every bus, by bus and name. */
  List<DeviceView> devices();

  DeviceView device(String name);

  /** Every group that has a node now, real ones first, by id. */
  List<GroupView> groups();

  List<ContainerView> containers();

  /** Bus drivers and host drivers, by bus and name. */
  List<DriverView> drivers();

  /** IOMMU backends, in the order in which they are asked. */
  List<BackendView> backends();

  List<ClientView> clients();

  /**
   * The isolation of a device: the contents of its {@code iommu_group}.
   *
   * @throws busbar.api.VfioException {@code ENOENT} if it is in no group now
   */
  default IommuGroupView iommuGroup(String device) {
    throw Errno.EOPNOTSUPP.because("the isolation of %s is not shown here", device);
  }

  /** Why a device is, or is not, usable: the whole matching trace. */
  Explanation explain(String device);

  /**
   * Binds a device to a driver that its override or the driver's ids allow: a write to {@code
   * drivers/DRIVER/bind}.
   *
   * @throws busbar.api.VfioException {@code ENODEV} if the driver is not allowed to take the
   *     device; {@code EBUSY} if the device is bound, or a host driver would take DMA of a group
   *     that a user owns; {@code ENOENT} no such driver; {@code EINVAL} if no IOMMU isolates the
   *     device; what the driver's probe says
   */
  void bind(String device, String driver);

  /**
   * Takes the driver away: waits for as long as a user has the device open, asking it again and
   * again.
   *
   * @throws busbar.api.VfioException {@code ENOENT} if no driver is bound, {@code EINTR} if the
   *     waiting thread is interrupted (the removal goes on)
   */
  void unbind(String device);

  /** Sets {@code driver_override}; an empty name clears it. Does not bind. */
  void setOverride(String device, String driver);

  /**
   * Lets the drivers bid for an unbound device: a write to {@code drivers_probe}. Nobody wanting it
   * is no error.
   */
  void probe(String device);

  /**
   * Adds a dynamic id and lets the driver take what matches: a write to {@code new_id}.
   *
   * @param id the words of the sysfs file: {@code "1b36 0005"}
   * @throws busbar.api.VfioException {@code EEXIST} if it has that id, {@code EINVAL} if the text
   *     is none
   */
  void addId(String driver, String id);

  /** Takes it back; {@code ENODEV} if the driver has no such id. Bound devices stay bound. */
  void removeId(String driver, String id);

  /** Sets the number of virtual functions; see {@link busbar.api.device.SriovOps}. */
  void setVirtualFunctions(String device, int count);

  int virtualFunctions(String device);

  /** The parameters of every module, by module. */
  Map<String, List<ModuleParameters.Parameter>> parameters();

  /** Changes a parameter; {@code ENOENT}, {@code EINVAL}. */
  void setParameter(String module, String name, String value);
}

package busbar.api.mdev;

import busbar.api.device.VfioDevice;
import busbar.api.device.VfioDeviceOps;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device that is handed out as several: the parent and the driver of its children in one object,
 * registered as a service. {@link #name()} is the driver's name ({@code "mtty"}).
 *
 * @param <D> the parent's data of one child
 */
@ConsumerType
public interface MdevParent<D> extends VfioDeviceOps<D> {
  /** The parent device's path below {@code /sys}: {@code "class/mtty/mtty"}. */
  String path();

  /** {@code "vfio-pci"}, {@code "vfio-platform"}, …: what a child looks like. */
  String deviceApi();

  /** The types, fixed while the service lives. */
  List<MdevType> types();

  /** How many more children of that type could be made now. */
  int availableInstances(MdevType type);

  /**
   * Makes a child. Called by one thread at a time for each UUID, by many for different ones; the count of
   * instances is the parent's to keep.
   *
   * @param uuid 36 characters, lower case
   * @throws busbar.api.VfioException any errno, e.g. {@code ENOSPC} if no instance is left
   */
  D create(MdevType type, String uuid, VfioDevice vfio);

  /** Drops a child that is closed. */
  void remove(D device);
}

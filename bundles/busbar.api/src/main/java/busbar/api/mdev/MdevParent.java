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

  /**
   * How many children the bus may make of all types together ({@code max_instances}); more is
   * {@code EUSERS}, and the bus shows what is left. 0: the parent counts by itself, {@link
   * #availableInstances} shows what is left and {@link #create} refuses.
   */
  default int maxInstances() {
    return 0;
  }

  /** How many more children of that type could be made now; asked only of a parent that counts. */
  default int availableInstances(MdevType type) {
    return 0;
  }

  /**
   * Makes a child. Called by one thread at a time for each UUID, by many for different ones.
   *
   * @param uuid 36 characters, lower case
   * @throws busbar.api.VfioException any errno, e.g. {@code ENOSPC} if no instance is left
   */
  D create(MdevType type, String uuid, VfioDevice vfio);

  /** Drops a child that is closed. */
  void remove(D device);
}

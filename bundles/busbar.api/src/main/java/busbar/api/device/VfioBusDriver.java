package busbar.api.device;

import busbar.api.bus.BusDevice;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A bus driver: the operations of {@link VfioDeviceOps} and what binds them to devices. Registering
 * the object as a service under this type is all that a driver does to exist.
 *
 * <p>The registry calls {@link #probe} and {@link #remove} of one device one after the other, never
 * two at once, never with a lock that the driver could need.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface VfioBusDriver<D> extends VfioDeviceOps<D> {
  /** Service property: the bus that the driver serves ({@code "pci"}), as {@link #bus()} says. */
  String BUS = "vfio.bus";

  /** Service property, optional: what it matches, for people ({@code "8086:10d3"}). */
  String MATCH = "vfio.match";

  /** Service property, optional: the driver's version, shown to operators. */
  String VERSION = "vfio.version";

  /**
   * Service property, optional: the number ({@code Long}) of the bundle that the driver is of,
   * where another one registers it on its behalf, as the mediated bus does for parents.
   */
  String PROVIDER = "vfio.provider";

  /** The bus whose devices it takes: {@code "pci"}, {@code "platform"}, {@code "mdev"}, … */
  String bus();

  /**
   * Whether the driver wants the device, without touching it.
   *
   * @return 0 for no; else the highest bid of all drivers wins, equal bids by service ranking, then
   *     age. A generic driver that only takes what it is told to by override returns 0 here.
   */
  int bid(BusDevice device);

  /**
   * Whether the driver can take the device when it is told to by override or by id.
   *
   * @return {@code true} unless the device is of a kind that the driver cannot handle at all;
   *     {@link #probe} may still refuse
   */
  default boolean canTake(BusDevice device) {
    return device.bus().equals(bus());
  }

  /**
   * Takes a device: builds the driver's data.
   *
   * @param vfio the core's object for this device; the driver keeps it and may assign its device
   *     set during this call
   * @throws busbar.api.VfioException any errno: the device stays unbound
   */
  D probe(BusDevice device, VfioDevice vfio);

  /** Gives a device back: it is closed, nobody will call again. Must not fail. */
  void remove(D device);
}

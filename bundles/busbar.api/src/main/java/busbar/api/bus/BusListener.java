package busbar.api.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Learns of devices that come and go. Calls for one device come one after the other; calls for
 * different devices may come at once, so that a removal that waits for its user holds up no other
 * device.
 */
@ConsumerType
public interface BusListener {
  void added(BusDevice device);

  /**
   * The device is to go; it goes when this returns. The registry runs the whole removal in it: the
   * user is asked to let go, for as long as it takes.
   */
  void removing(BusDevice device);

  /**
   * The device vanished without a warning (hot unplug by force, machine off): files on it are dead.
   */
  void vanished(BusDevice device);
}

package busbar.api.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A bus with its devices: a service of a hardware provider, one for each bus of each machine.
 *
 * <p>Devices are members of a bus and not services of their own: ten thousand of them then cost ten
 * thousand objects and not ten thousand service registrations with their events and filters.
 */
@ConsumerType
public interface Bus {
  /** {@code "pci"}, {@code "platform"}, {@code "amba"}, {@code "mdev"}. */
  String name();

  /** The devices now, in address order. */
  List<BusDevice> devices();

  /**
   * Adds a listener, which is first told of every device that is there, before this returns and
   * before any event.
   */
  void addListener(BusListener listener);

  void removeListener(BusListener listener);
}

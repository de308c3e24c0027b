package busbar.api.pci;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** SR-IOV of a physical function. */
@ConsumerType
public interface Sriov {
  int totalVfs();

  /** How many are enabled, 0 if none. */
  int numVfs();

  /**
   * Makes virtual functions appear on the bus.
   *
   * @throws busbar.api.VfioException {@code EBUSY} if some are enabled, {@code ERANGE} if count
   *     exceeds the total
   */
  void enable(int count);

  /** Removes them all from the bus: waits until each is let go. */
  void disable();

  List<PciDevice> virtualFunctions();
}

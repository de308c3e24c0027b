package busbar.api.device;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.annotation.versioning.ProviderType;

/** Devices that share a reset domain. Open, release and hot reset of all members are serialised. */
@ProviderType
public interface DeviceSet {
  /** A member and its driver's data. */
  record Member(VfioDevice device, String driver, Object deviceData) {}

  Object id();

  /** The members now, in the order in which they joined. */
  List<Member> members();

  /** The sum of the members' open counts. */
  int openCount();

  /**
   * Serialises open, release and reset of the members. The core holds it around {@code open} and
   * {@code release}.
   */
  ReentrantLock setLock();
}

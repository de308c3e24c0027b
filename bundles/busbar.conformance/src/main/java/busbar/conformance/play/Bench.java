package busbar.conformance.play;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.mdev.MdevAdmin;
import java.util.Optional;

/** A machine that was switched on for one scenario, and the ways in that everybody has. */
public interface Bench extends AutoCloseable {

  /** The door for users of devices. */
  Vfio vfio();

  /** The door for administration. */
  VfioAdmin admin();

  /** The administration of mediated devices, where there is one. */
  Optional<MdevAdmin> mdev();

  /** Switches the machine off. */
  @Override
  void close();
}

package busbar.api.bus;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * How the host was set up before any user came: a service of the hardware provider. The registry
 * applies the parameters to the modules as they appear, the mediated bus makes the devices as their
 * parents do.
 */
@ConsumerType
public interface HostSetup {
  /** The machine's name: {@code "pc"}. */
  String machine();

  /** Values by {@code module.parameter}: {@code vfio_pci.enable_sriov} is {@code "Y"}. */
  Map<String, String> parameters();

  /** Mediated devices to make, by UUID, with parent driver and type. */
  List<Mediated> mediatedDevices();

  /** One mediated device. */
  record Mediated(String uuid, String parent, String type) {}
}

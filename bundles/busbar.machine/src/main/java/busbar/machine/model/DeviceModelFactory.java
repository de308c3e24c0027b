package busbar.machine.model;

import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/** Makes the devices of one or several models: a service of a model bundle. */
@ConsumerType
public interface DeviceModelFactory {
  /** The models it makes, as the machine description names them: {@code "edu"}. */
  Set<String> models();

  /**
   * The version of the state that its devices tell, and the newest that they take: for those who
   * ask what a swap would do. 0 if the factory does not say.
   */
  default int stateVersion(String model) {
    return 0;
  }

  /**
   * Makes one device, in its state after power-on. A predecessor may be in use at that time: lines,
   * messages, timers and changes of configuration space take effect when the device is in place,
   * DMA is refused until then.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the description does not fit the model
   */
  DeviceModel create(ModelContext context);
}

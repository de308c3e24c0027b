package busbar.machine.model;

import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/** Makes the devices of one or several models: a service of a model bundle. */
@ConsumerType
public interface DeviceModelFactory {
  /** The models it makes, as the machine description names them: {@code "edu"}. */
  Set<String> models();

  /**
   * Makes one device, in its state after power-on.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the description does not fit the model
   */
  DeviceModel create(ModelContext context);
}

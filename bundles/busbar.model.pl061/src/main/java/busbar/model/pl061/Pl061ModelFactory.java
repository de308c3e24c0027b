package busbar.model.pl061;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes GPIO controllers. */
@Component
public final class Pl061ModelFactory implements DeviceModelFactory {
  @Override
  public Set<String> models() {
    return Set.of("pl061", "arm,pl061");
  }

  @Override
  public int stateVersion(String model) {
    return Pl061Model.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new Pl061Model(context);
  }
}

package busbar.model.e1000e;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes e1000e network controllers. */
@Component
public final class E1000eModelFactory implements DeviceModelFactory {
  @Override
  public Set<String> models() {
    return Set.of("e1000e");
  }

  @Override
  public int stateVersion(String model) {
    return E1000eModel.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new E1000eModel(context);
  }
}

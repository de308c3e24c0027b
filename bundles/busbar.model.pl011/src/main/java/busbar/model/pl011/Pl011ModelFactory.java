package busbar.model.pl011;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes UARTs. */
@Component
public final class Pl011ModelFactory implements DeviceModelFactory {
  @Override
  public Set<String> models() {
    return Set.of("pl011", "arm,pl011");
  }

  @Override
  public int stateVersion(String model) {
    return Pl011Model.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new Pl011Model(context);
  }
}

package busbar.model.pl031;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes real-time clocks. */
@Component
public final class Pl031ModelFactory implements DeviceModelFactory {
  @Override
  public Set<String> models() {
    return Set.of("pl031", "arm,pl031");
  }

  @Override
  public int stateVersion(String model) {
    return Pl031Model.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new Pl031Model(context);
  }
}

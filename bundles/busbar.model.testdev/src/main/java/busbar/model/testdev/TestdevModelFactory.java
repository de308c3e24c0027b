package busbar.model.testdev;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes pci-testdev devices. */
@Component
public final class TestdevModelFactory implements DeviceModelFactory {
  @Override
  public Set<String> models() {
    return Set.of("pci-testdev");
  }

  @Override
  public int stateVersion(String model) {
    return TestdevModel.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new TestdevModel();
  }
}

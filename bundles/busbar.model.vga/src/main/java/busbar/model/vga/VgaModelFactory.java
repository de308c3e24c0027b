package busbar.model.vga;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Makes VGA adapters. */
@Component
public final class VgaModelFactory implements DeviceModelFactory {
  @Override
  public Set<String> models() {
    return Set.of("vga");
  }

  @Override
  public int stateVersion(String model) {
    return VgaModel.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new VgaModel(context);
  }
}

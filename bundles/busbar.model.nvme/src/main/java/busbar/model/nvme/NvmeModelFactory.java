package busbar.model.nvme;

import busbar.api.Errno;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Makes NVMe controllers. */
@Component(configurationPid = "busbar.model.nvme")
@Designate(ocd = NvmeModelFactory.Config.class)
public final class NvmeModelFactory implements DeviceModelFactory {
  /** What the controllers have. */
  @ObjectClassDefinition(name = "Busbar: NVMe device model")
  public @interface Config {
    @AttributeDefinition(
        description = "Size of the namespace in MiB; memory is used as it is written")
    long namespace_mebibytes() default 64;
  }

  private final long namespaceBytes;

  @Activate
  public NvmeModelFactory(Config config) {
    if (config.namespace_mebibytes() < 1) {
      throw Errno.EINVAL.because(
          "the namespace of busbar.model.nvme would have %d MiB", config.namespace_mebibytes());
    }
    namespaceBytes = config.namespace_mebibytes() << 20;
  }

  @Override
  public Set<String> models() {
    return Set.of("nvme");
  }

  @Override
  public int stateVersion(String model) {
    return NvmeModel.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new NvmeModel(context, new Namespace(namespaceBytes));
  }
}

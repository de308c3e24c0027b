package busbar.noiommu;

import busbar.api.device.ModuleParameters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Whether the no-IOMMU mode is on: a parameter of module {@code vfio}, which belongs to the core.
 * The configuration here turns it on as soon as the core is there.
 */
@Component(service = NoIommuMode.class)
@Designate(ocd = NoIommuMode.Config.class)
public final class NoIommuMode {
  static final String MODULE = "vfio";
  static final String PARAMETER = "enable_unsafe_noiommu_mode";
  private static final Logger LOG = System.getLogger(NoIommuMode.class.getName());

  private final List<ModuleParameters> modules = new CopyOnWriteArrayList<>();
  private volatile boolean wanted;

  /** Off unless somebody says otherwise. */
  @ObjectClassDefinition(name = "Busbar no-IOMMU backend")
  public @interface Config {
    @AttributeDefinition(
        name = "Enable unsafe no-IOMMU mode",
        description =
            "Lets clients drive devices that no IOMMU isolates: such a device can read and write"
                + " all memory of the host.")
    boolean enableUnsafeNoiommuMode() default false;
  }

  @Activate
  @Modified
  void configure(Config config) {
    want(config.enableUnsafeNoiommuMode());
  }

  void want(boolean on) {
    wanted = on;
    modules.forEach(this::turnOn);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindModule(ModuleParameters module) {
    if (module.module().equals(MODULE)) {
      modules.add(module);
      turnOn(module);
    }
  }

  void unbindModule(ModuleParameters module) {
    modules.remove(module);
  }

  private void turnOn(ModuleParameters module) {
    if (wanted) {
      LOG.log(Level.WARNING, "the configuration lets clients drive devices that no IOMMU isolates");
      module.set(PARAMETER, "Y");
    }
  }

  boolean isOn() {
    return modules.stream()
        .flatMap(module -> module.parameters().stream())
        .anyMatch(parameter -> parameter.name().equals(PARAMETER) && parameter.value().equals("Y"));
  }
}

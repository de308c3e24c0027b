package busbar.noiommu;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Locale;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The switch of the no-IOMMU mode; in the kernel a parameter of {@code vfio} itself. */
@Component(service = {ModuleParameters.class, NoIommuParameters.class})
@Designate(ocd = NoIommuParameters.Config.class)
public final class NoIommuParameters implements ModuleParameters {
  private static final Logger LOG = System.getLogger(NoIommuParameters.class.getName());
  private static final String ENABLE = "enable_unsafe_noiommu_mode";

  private volatile boolean initial;
  private volatile boolean enabled;

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
  public NoIommuParameters(Config config) {
    this(config.enableUnsafeNoiommuMode());
  }

  NoIommuParameters(boolean initial) {
    configure(initial);
  }

  @Modified
  void modified(Config config) {
    configure(config.enableUnsafeNoiommuMode());
  }

  private void configure(boolean value) {
    initial = value;
    enable(value);
  }

  private void enable(boolean value) {
    if (value && !enabled) {
      LOG.log(Level.WARNING, "devices that no IOMMU isolates can be opened: " + ENABLE + " is on");
    }
    enabled = value;
  }

  boolean enabled() {
    return enabled;
  }

  @Override
  public String module() {
    return "vfio";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter(
            ENABLE,
            text(enabled),
            text(initial),
            "Enable UNSAFE, no-IOMMU mode: devices can access all memory of the host"));
  }

  @Override
  public void set(String name, String value) {
    if (!name.equals(ENABLE)) {
      throw Errno.ENOENT.because("module %s has no parameter %s", module(), name);
    }
    enable(parse(value.strip()));
  }

  /** As {@code kstrtobool} takes it. */
  private static boolean parse(String value) {
    String lower = value.toLowerCase(Locale.ROOT);
    if (lower.startsWith("on") || (!lower.isEmpty() && "yt1".indexOf(lower.charAt(0)) >= 0)) {
      return true;
    }
    if (lower.startsWith("of") || (!lower.isEmpty() && "nf0".indexOf(lower.charAt(0)) >= 0)) {
      return false;
    }
    throw Errno.EINVAL.because("%s takes Y or N, not '%s'", ENABLE, value);
  }

  private static String text(boolean value) {
    return value ? "Y" : "N";
  }
}

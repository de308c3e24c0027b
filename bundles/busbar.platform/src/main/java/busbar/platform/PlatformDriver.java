package busbar.platform;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_PLATFORM;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters;
import busbar.api.device.VfioBusDriver;
import busbar.api.platform.PlatformReset;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** {@code vfio-platform}: devices of the bus {@code platform}. */
@Component(
    service = {VfioBusDriver.class, ModuleParameters.class},
    configurationPid = "busbar.platform",
    property = VfioBusDriver.BUS + "=platform")
@Designate(ocd = PlatformDriver.Config.class)
public final class PlatformDriver extends PlatformCore implements ModuleParameters {
  private static final String RESET_REQUIRED = "reset_required";

  /** Configuration of {@link PlatformDriver}. */
  @ObjectClassDefinition(name = "vfio-platform")
  public @interface Config {
    @AttributeDefinition(description = "Refuse devices that no reset handler serves.")
    boolean reset_required() default true;
  }

  private final boolean initiallyRequired;
  private volatile boolean resetRequired;

  @Activate
  public PlatformDriver(Config config) {
    this(config.reset_required());
  }

  PlatformDriver(boolean resetRequired) {
    this.initiallyRequired = resetRequired;
    this.resetRequired = resetRequired;
  }

  @Override
  public String name() {
    return "vfio-platform";
  }

  @Override
  public String bus() {
    return "platform";
  }

  @Override
  int deviceFlag() {
    return VFIO_DEVICE_FLAGS_PLATFORM;
  }

  @Override
  boolean isResetRequired() {
    return resetRequired;
  }

  @Deactivate
  void deactivate() {
    keepResets();
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindReset(PlatformReset reset) {
    addReset(reset);
  }

  void unbindReset(PlatformReset reset) {
    removeReset(reset);
  }

  @Override
  public String module() {
    return "vfio_platform";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter(
            RESET_REQUIRED,
            text(resetRequired),
            text(initiallyRequired),
            "refuse devices that no reset handler serves"));
  }

  @Override
  public void set(String name, String value) {
    if (!name.equals(RESET_REQUIRED)) {
      throw Errno.ENOENT.because("vfio_platform has no parameter %s", name);
    }
    resetRequired =
        switch (value.strip()) {
          case "Y", "y", "1", "true" -> true;
          case "N", "n", "0", "false" -> false;
          default -> throw Errno.EINVAL.because("%s is Y or N, not '%s'", RESET_REQUIRED, value);
        };
  }

  private static String text(boolean value) {
    return value ? "Y" : "N";
  }
}

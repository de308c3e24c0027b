package busbar.model.edu;

import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Makes edu devices. */
@Component(configurationPid = "busbar.model.edu")
@Designate(ocd = EduModelFactory.Config.class)
public final class EduModelFactory implements DeviceModelFactory {
  /** How long the device takes for its work. */
  @ObjectClassDefinition(name = "Busbar: edu device model")
  public @interface Config {
    @AttributeDefinition(description = "Microseconds from a DMA command until the transfer")
    long dma_delay_micros() default 200;

    @AttributeDefinition(description = "Microseconds that a factorial takes")
    long factorial_delay_micros() default 50;
  }

  private final EduModel.Delays delays;

  @Activate
  public EduModelFactory(Config config) {
    delays =
        new EduModel.Delays(
            TimeUnit.MICROSECONDS.toNanos(config.dma_delay_micros()),
            TimeUnit.MICROSECONDS.toNanos(config.factorial_delay_micros()));
  }

  @Override
  public Set<String> models() {
    return Set.of("edu");
  }

  @Override
  public int stateVersion(String model) {
    return EduModel.VERSION;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    return new EduModel(context, delays);
  }
}

package busbar.mdev;

import busbar.api.mdev.MdevAdmin.Start;
import java.util.Objects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** A mediated device that the configuration wants, one for each configuration of {@link #PID}. */
@Component(
    service = MdevDefinition.class,
    configurationPid = MdevDefinition.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = MdevDefinition.Config.class, factory = true)
public final class MdevDefinition {
  /** The factory PID of definitions. */
  public static final String PID = "busbar.mdev.definition";

  /** A mediated device that is remembered across restarts. */
  @ObjectClassDefinition(name = "Busbar: a mediated device")
  public @interface Config {
    @AttributeDefinition(description = "36 characters, unique on the bus")
    String uuid();

    @AttributeDefinition(description = "the parent's name: mtty")
    String parent();

    @AttributeDefinition(description = "the type's name: mtty-1")
    String type();

    @AttributeDefinition(description = "make it whenever definition and parent are there")
    boolean autostart() default false;
  }

  private final String uuid;
  private final String parent;
  private final String type;
  private final Start start;

  /** Missing values are empty: making the device then fails and says why. */
  @Activate
  public MdevDefinition(Config config) {
    this.uuid = Objects.requireNonNullElse(config.uuid(), "");
    this.parent = Objects.requireNonNullElse(config.parent(), "");
    this.type = Objects.requireNonNullElse(config.type(), "");
    this.start = config.autostart() ? Start.AUTO : Start.MANUAL;
  }

  String uuid() {
    return uuid;
  }

  String parent() {
    return parent;
  }

  String type() {
    return type;
  }

  Start start() {
    return start;
  }
}

package busbar.machine.internal.osgi;

import busbar.api.bus.Bus;
import busbar.api.bus.HostDriver;
import busbar.api.bus.HostSetup;
import busbar.api.iommu.Iommu;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapJournal;
import busbar.api.swap.Swappable;
import busbar.api.time.Timing;
import busbar.machine.Machine;
import busbar.machine.MachineDescription;
import busbar.machine.model.DeviceModelFactory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Switches the configured machine on and offers its parts as services. */
@Component(
    configurationPid = MachineComponent.PID,
    immediate = true,
    service = {})
@Designate(ocd = MachineComponent.Config.class)
public final class MachineComponent {
  static final String PID = "busbar.machine";
  private static final String NAME = "busbar.name";
  private static final Logger LOG = System.getLogger(MachineComponent.class.getName());

  /** Configuration. */
  @ObjectClassDefinition(name = "Simulated machine")
  public @interface Config {
    /** The description. */
    @AttributeDefinition(description = "Path of the machine description; empty for an embedded one")
    String file() default "";

    /** A description that comes with the product. */
    @AttributeDefinition(
        description =
            "Without a file: pc, pseries, virt, mixed or gateway, machines that come with the"
                + " product")
    String embedded() default "pc";
  }

  private final Machine machine;
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
  private final SynchronousBundleListener stopListener = this::bundleChanged;
  private volatile SwapJournal journal;
  private volatile Bundle system;

  /** Makes the machine; models that are there join before it is offered. */
  @Activate
  public MachineComponent(
      Config config, @Reference PhysicalMemory memory, @Reference Timing timing) {
    MachineDescription description =
        config.file().isEmpty()
            ? MachineDescription.embedded(config.embedded())
            : MachineDescription.read(Path.of(config.file()));
    description.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
    machine = new Machine(description, memory, timing, List.of());
  }

  /**
   * Offers buses after what they need: who sees a device finds its IOMMU and the host's drivers.
   * The machine itself comes last: who sees it finds all its devices known and bound.
   */
  @Activate
  void offer(BundleContext context) {
    system = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION);
    context.addBundleListener(stopListener);
    offer(context, HostSetup.class, machine.hostSetup(), machine.name());
    machine.iommus().forEach(each -> offer(context, Iommu.class, each, each.name()));
    machine.hostDrivers().forEach(each -> offer(context, HostDriver.class, each, each.name()));
    machine.buses().forEach(each -> offer(context, Bus.class, each, each.name()));
    offer(context, Swappable.class, machine, machine.name());
    offer(context, Machine.class, machine, machine.name());
  }

  /** The framework stops: users of devices must not wait for models that will not come. */
  private void bundleChanged(BundleEvent event) {
    if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == 0) {
      machine.stopWaiting();
    }
  }

  private <T> void offer(BundleContext context, Class<T> type, T service, String name) {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put(NAME, name);
    properties.put("busbar.machine", machine.name());
    registrations.add(context.registerService(type, service, properties));
  }

  @Reference(
      service = SwapJournal.class,
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC)
  void setJournal(SwapJournal found) {
    journal = found;
    machine.journal(found);
  }

  void unsetJournal(SwapJournal gone) {
    if (journal == gone) {
      journal = null;
      machine.journal(null);
    }
  }

  @Reference(
      service = DeviceModelFactory.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void addModels(DeviceModelFactory factory, Map<String, Object> properties) {
    boolean ranked = properties.get(Constants.SERVICE_RANKING) instanceof Integer;
    machine.addModels(
        factory,
        ranked ? (Integer) properties.get(Constants.SERVICE_RANKING) : 0,
        provider(FrameworkUtil.getBundle(factory.getClass())));
  }

  private static Candidate provider(Bundle bundle) {
    return bundle == null
        ? Candidate.plain("")
        : new Candidate(
            "", bundle.getSymbolicName(), bundle.getVersion().toString(), bundle.getBundleId());
  }

  void removeModels(DeviceModelFactory factory) {
    if (system != null && system.getState() == Bundle.STOPPING) {
      machine.stopWaiting();
    }
    machine.removeModels(factory);
  }

  @Deactivate
  void switchOff(BundleContext context) {
    // First of all: who uses a service that goes now may wait for a model that will not come.
    machine.stopWaiting();
    context.removeBundleListener(stopListener);
    for (ServiceRegistration<?> registration : registrations.reversed()) {
      try {
        registration.unregister();
      } catch (IllegalStateException e) {
        LOG.log(Level.DEBUG, "a service was gone already", e);
      }
    }
    machine.close();
  }
}

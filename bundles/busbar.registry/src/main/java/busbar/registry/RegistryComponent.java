package busbar.registry;

import busbar.api.admin.VfioAdmin;
import busbar.api.bus.Bus;
import busbar.api.bus.HostDriver;
import busbar.api.bus.HostSetup;
import busbar.api.client.Vfio;
import busbar.api.device.ModuleParameters;
import busbar.api.device.VfioBusDriver;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.PhysicalMemory;
import busbar.api.time.SystemTiming;
import busbar.api.time.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The registry as a component: hands what comes and goes to the {@link Registry} and offers its
 * edges as services. No rule lives here.
 *
 * <p>Memory and time are offered first: hardware needs them to exist, and the registry does not
 * need hardware to.
 */
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.client.Vfio")
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.admin.VfioAdmin")
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.memory.PhysicalMemory")
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.time.Timing")
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.device.ModuleParameters")
@Component(
    immediate = true,
    service = {})
public final class RegistryComponent {
  /** Marks the parameters that the registry offers, which it knows without being told. */
  private static final Map<String, Object> OWN = Map.of("busbar.registry", true);

  private final SystemTiming timing = new SystemTiming();
  private final PhysicalMemory physicalMemory = new PhysicalMemory();
  private final Registry registry = new Registry(timing, physicalMemory);
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

  @Activate
  void activate(BundleContext context) {
    offer(context, PhysicalMemory.class, physicalMemory);
    offer(context, Timing.class, timing);
    registrations.add(
        context.registerService(
            ModuleParameters.class, registry.parameters(), FrameworkUtil.asDictionary(OWN)));
    offer(context, Vfio.class, registry.vfio());
    offer(context, VfioAdmin.class, registry.admin());
  }

  private <T> void offer(BundleContext context, Class<T> type, T service) {
    registrations.add(context.registerService(type, service, null));
  }

  @Deactivate
  void deactivate() {
    registrations.reversed().forEach(ServiceRegistration::unregister);
    registry.close();
    timing.close();
  }

  private static int ranking(Map<String, ?> properties) {
    return properties.get(Constants.SERVICE_RANKING) instanceof Integer ranking ? ranking : 0;
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindDriver(VfioBusDriver<?> driver, Map<String, ?> properties) {
    registry.addDriver(driver, ranking(properties));
  }

  void unbindDriver(VfioBusDriver<?> driver) {
    registry.removeDriver(driver);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindBackend(VfioIommuDriverOps<?> ops, Map<String, ?> properties) {
    registry.addBackend(ops, ranking(properties));
  }

  void unbindBackend(VfioIommuDriverOps<?> ops) {
    registry.removeBackend(ops);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindHostDriver(HostDriver driver) {
    registry.addHostDriver(driver);
  }

  void unbindHostDriver(HostDriver driver) {
    registry.removeHostDriver(driver);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindIommu(Iommu iommu) {
    registry.addIommu(iommu);
  }

  void unbindIommu(Iommu iommu) {
    registry.removeIommu(iommu);
  }

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      target = "(!(busbar.registry=true))")
  void bindParameters(ModuleParameters module) {
    registry.addParameters(module);
  }

  void unbindParameters(ModuleParameters module) {
    registry.removeParameters(module);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindSetup(HostSetup setup) {
    registry.addSetup(setup);
  }

  void unbindSetup(HostSetup setup) {
    registry.removeSetup(setup);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindBus(Bus bus) {
    registry.addBus(bus);
  }

  void unbindBus(Bus bus) {
    registry.removeBus(bus);
  }
}

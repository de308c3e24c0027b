package busbar.registry;

import busbar.api.Errno;
import busbar.api.admin.MigrationAdmin;
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
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapJournal;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapSettings;
import busbar.api.swap.Swappable;
import busbar.api.time.SystemTiming;
import busbar.api.time.Timing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.Bundle;
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
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

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
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.swap.SwapAdmin")
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.admin.MigrationAdmin")
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=busbar.api.swap.SwapJournal")
@Component(
    configurationPid = "busbar.registry",
    immediate = true,
    service = {})
@Designate(ocd = RegistryComponent.Config.class)
public final class RegistryComponent {
  /** Configuration {@code busbar.registry}: how swaps are made. */
  @ObjectClassDefinition(name = "busbar.registry")
  public @interface Config {
    @AttributeDefinition(
        description =
            "Milliseconds for which operations wait for the successor of a driver or backend whose"
                + " service went; 0: not at all.")
    long graceMillis() default 10_000;

    @AttributeDefinition(
        description =
            "Milliseconds that operations under way and each step of a swap may take before the"
                + " swap is called off.")
    long deadlineMillis() default 2_000;

    @AttributeDefinition(
        description = "What a better driver, backend or model does: manual, on-idle or always.")
    String policy() default "manual";
  }

  /** Marks the parameters that the registry offers, which it knows without being told. */
  private static final Map<String, Object> OWN = Map.of("busbar.registry", true);

  private final SystemTiming timing = new SystemTiming();
  private final PhysicalMemory physicalMemory = new PhysicalMemory();
  private final Registry registry = new Registry(timing, physicalMemory);
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

  private final BundleContext context;
  private final Preparation preparation;

  @Activate
  public RegistryComponent(BundleContext context, Config config) {
    this.context = context;
    preparation = new Preparation(context);
    registry.beforeSwaps(preparation::of);
    Bundle framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION);
    registry.stopping(() -> framework.getState() == Bundle.STOPPING);
    registry.swapAdmin().settings(settings(config));
  }

  /** After the first drivers and buses: whoever finds the edges finds devices, too. */
  @Activate
  void activate() {
    offer(PhysicalMemory.class, physicalMemory);
    offer(Timing.class, timing);
    registrations.add(
        context.registerService(
            ModuleParameters.class, registry.parameters(), FrameworkUtil.asDictionary(OWN)));
    offer(SwapJournal.class, registry.journal());
    offer(SwapAdmin.class, registry.swapAdmin());
    offer(MigrationAdmin.class, registry.migrationAdmin());
    offer(Vfio.class, registry.vfio());
    offer(VfioAdmin.class, registry.admin());
  }

  private static SwapSettings settings(Config config) {
    String policy = config.policy().toUpperCase(Locale.ROOT).replace('-', '_');
    return new SwapSettings(
        config.graceMillis(),
        config.deadlineMillis(),
        Arrays.stream(SwapPolicy.values())
            .filter(known -> known.name().equals(policy))
            .findFirst()
            .orElseThrow(
                () ->
                    Errno.EINVAL.because(
                        "there is no policy %s: it is manual, on-idle or always",
                        config.policy())));
  }

  private <T> void offer(Class<T> type, T service) {
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

  /** Who provides a service: the bundle that it names, as a bus of drivers does, or its own. */
  private Candidate candidate(String name, Map<String, ?> properties) {
    Object id =
        properties.containsKey(VfioBusDriver.PROVIDER)
            ? properties.get(VfioBusDriver.PROVIDER)
            : properties.get(Constants.SERVICE_BUNDLEID);
    Bundle bundle = id instanceof Long number ? context.getBundle(number) : null;
    return bundle == null
        ? Candidate.plain(name)
        : new Candidate(
            name, bundle.getSymbolicName(), bundle.getVersion().toString(), bundle.getBundleId());
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindDriver(VfioBusDriver<?> driver, Map<String, ?> properties) {
    registry.addDriver(driver, ranking(properties), candidate(driver.name(), properties));
  }

  void unbindDriver(VfioBusDriver<?> driver, Map<String, ?> properties) {
    preparation.of(candidate(driver.name(), properties).bundleId());
    registry.removeDriver(driver);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindBackend(VfioIommuDriverOps<?> ops, Map<String, ?> properties) {
    registry.addBackend(ops, ranking(properties), candidate(ops.name(), properties));
  }

  void unbindBackend(VfioIommuDriverOps<?> ops, Map<String, ?> properties) {
    preparation.of(candidate(ops.name(), properties).bundleId());
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

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindLayer(Swappable layer) {
    registry.addLayer(layer);
  }

  void unbindLayer(Swappable layer) {
    registry.removeLayer(layer);
  }
}

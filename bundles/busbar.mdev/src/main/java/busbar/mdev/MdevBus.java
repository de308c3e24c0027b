package busbar.mdev;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusHandoverOps;
import busbar.api.bus.BusListener;
import busbar.api.bus.HostSetup;
import busbar.api.device.VfioBusDriver;
import busbar.api.mdev.MdevAdmin;
import busbar.api.mdev.MdevParent;
import busbar.api.state.StateRecord;
import busbar.api.swap.SwapAdmin;
import busbar.api.time.Timing;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * The mediated bus: parents come and go as services, children by {@link MdevAdmin}, by definitions
 * and as the host was set up. Any thread.
 */
@Component(
    service = {Bus.class, MdevAdmin.class},
    immediate = true)
@Designate(ocd = MdevBus.Config.class)
public final class MdevBus implements Bus, BusHandoverOps, MdevAdmin {
  private static final System.Logger LOG = System.getLogger(MdevBus.class.getName());

  /** How the mediated bus behaves. */
  @ObjectClassDefinition(name = "Busbar: the mediated bus")
  public @interface Config {
    @AttributeDefinition(
        description =
            "how long the children of a parent that went wait for its successor, in milliseconds,"
                + " at least as long as the registry waits;"
                + " 0: a parent goes when the users of its children have let go")
    long graceMillis() default 10_000;
  }

  private final Children children = new Children();
  private final List<HostSetup> setups = new CopyOnWriteArrayList<>();
  private final List<MdevDefinition> definitions = new CopyOnWriteArrayList<>();
  private final Inheritance inheritance = new Inheritance();
  private final Parents parents;
  private final DefinitionStore store;

  private volatile ConfigurationAdmin configurationAdmin;
  private volatile SwapAdmin swapAdmin;

  @Activate
  public MdevBus(BundleContext context, @Reference Timing timing, Config config) {
    this((driver, properties) -> register(context, driver, properties), timing, config);
  }

  private MdevBus(Parents.Drivers drivers, Timing timing, Config config) {
    this(drivers, timing, config.graceMillis());
  }

  MdevBus(Parents.Drivers drivers, Timing timing, long graceMillis) {
    this.parents = new Parents(children, drivers, timing, this::coreGraceMillis, graceMillis);
    this.store = new DefinitionStore(() -> configurationAdmin);
  }

  /**
   * A bus without a framework, for who wires it by hand.
   *
   * @param drivers makes a driver known to the core; what it returns takes the driver back
   * @param graceMillis see {@link Config#graceMillis}
   */
  public static MdevBus standalone(
      BiFunction<VfioBusDriver<?>, Map<String, Object>, Runnable> drivers,
      Timing timing,
      long graceMillis) {
    return new MdevBus(drivers::apply, timing, graceMillis);
  }

  private static Runnable register(
      BundleContext context, VfioBusDriver<?> driver, Map<String, Object> properties) {
    ServiceRegistration<?> registration =
        context.registerService(VfioBusDriver.class, driver, new Hashtable<>(properties));
    return () -> {
      try {
        registration.unregister();
      } catch (IllegalStateException e) {
        LOG.log(System.Logger.Level.DEBUG, "The framework took the driver back already", e);
      }
    };
  }

  /** The children stay. */
  @Modified
  void modified(Config config) {
    parents.setGraceMillis(config.graceMillis());
  }

  @Deactivate
  void deactivate() {
    parents.close();
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void setConfigurationAdmin(ConfigurationAdmin admin) {
    configurationAdmin = admin;
  }

  void unsetConfigurationAdmin(ConfigurationAdmin admin) {
    if (configurationAdmin == admin) {
      configurationAdmin = null;
    }
  }

  /** The core, which keeps devices in use for a successor of their driver. */
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void setSwapAdmin(SwapAdmin admin) {
    swapAdmin = admin;
  }

  void unsetSwapAdmin(SwapAdmin admin) {
    if (swapAdmin == admin) {
      swapAdmin = null;
    }
  }

  private long coreGraceMillis() {
    SwapAdmin core = swapAdmin;
    return core == null ? 0 : core.settings().graceMillis();
  }

  /** A parent came; its children that are wanted are made before this returns. */
  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void addParent(MdevParent<?> parent, Map<String, Object> properties) {
    parents.add(parent, properties, this::populate);
  }

  /** A parent went; its children wait for its successor, or go. */
  public void removeParent(MdevParent<?> parent) {
    parents.remove(parent, this::populate);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void addSetup(HostSetup setup) {
    setups.add(setup);
    parents.here().forEach(parent -> makeAsSetUp(setup, parent));
  }

  void removeSetup(HostSetup setup) {
    setups.remove(setup);
    // what users made besides belongs to no setup: it goes with the last one, when the host is off
    List<String> gone =
        setups.isEmpty()
            ? children.devices().stream().map(BusDevice::name).toList()
            : setup.mediatedDevices().stream().map(device -> lowerCase(device.uuid())).toList();
    gone.forEach(children::vanish);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void addDefinition(MdevDefinition definition) {
    definitions.add(definition);
    if (definition.start() == Start.AUTO && parents.isHere(definition.parent())) {
      makeIfAbsent(definition.parent(), definition.type(), definition.uuid());
    }
  }

  void removeDefinition(MdevDefinition definition) {
    definitions.remove(definition);
  }

  /** A parent can make children: makes those that the host's setup and the definitions want. */
  private void populate(Parent<?> parent) {
    inheritance.claim(parent, children);
    setups.forEach(setup -> makeAsSetUp(setup, parent));
    for (MdevDefinition definition : definitions) {
      if (definition.start() == Start.AUTO && definition.parent().equals(parent.name())) {
        makeIfAbsent(definition.parent(), definition.type(), definition.uuid());
      }
    }
  }

  private void makeAsSetUp(HostSetup setup, Parent<?> parent) {
    for (HostSetup.Mediated device : setup.mediatedDevices()) {
      if (device.parent().equals(parent.name())) {
        makeIfAbsent(device.parent(), device.type(), device.uuid());
      }
    }
  }

  private void makeIfAbsent(String parent, String type, String uuid) {
    try {
      create(parent, type, uuid);
    } catch (VfioException e) {
      if (e.errno() != Errno.EEXIST) {
        LOG.log(System.Logger.Level.WARNING, "The mediated device {0} is not made: {1}", uuid, e);
      }
    }
  }

  @Override
  public String name() {
    return MdevDevice.BUS;
  }

  @Override
  public List<BusDevice> devices() {
    return children.devices();
  }

  @Override
  public void addListener(BusListener listener) {
    children.addListener(listener);
  }

  @Override
  public void removeListener(BusListener listener) {
    children.removeListener(listener);
  }

  @Override
  public String stateKind() {
    return Inheritance.KIND;
  }

  @Override
  public StateRecord saveDevices() {
    return Inheritance.save(children);
  }

  @Override
  public void restoreDevices(StateRecord state) {
    inheritance.take(state);
    parents.here().forEach(parent -> inheritance.claim(parent, children));
  }

  @Override
  public List<TypeView> types() {
    return parents.here().stream()
        .flatMap(parent -> parent.views(children.madeUnder(parent.name())).stream())
        .toList();
  }

  @Override
  public List<ChildView> children() {
    return children.those(device -> true).stream()
        .map(device -> new ChildView(device.name(), device.parent().name(), device.type().name()))
        .toList();
  }

  @Override
  public void create(String parent, String type, String uuid) {
    Parent<?> owner = parents.named(parent);
    children.create(owner, owner.type(type), Uuids.parse(uuid));
  }

  @Override
  public void remove(String uuid) {
    children.remove(lowerCase(uuid));
  }

  private static String lowerCase(String uuid) {
    return uuid.toLowerCase(Locale.ROOT);
  }

  @Override
  public List<DefinitionView> definitions() {
    return store.entries().stream()
        .map(
            entry ->
                new DefinitionView(
                    entry.uuid(),
                    entry.parent(),
                    entry.type(),
                    entry.start(),
                    children.has(lowerCase(entry.uuid()))
                        ? DefinitionView.State.ACTIVE
                        : DefinitionView.State.DEFINED))
        .toList();
  }

  @Override
  public void define(String parent, String type, String uuid, Start start) {
    store.define(parent, type, Uuids.parse(uuid), start);
  }

  @Override
  public void start(String uuid) {
    DefinitionStore.Entry entry = store.entry(uuid);
    create(entry.parent(), entry.type(), entry.uuid());
  }

  @Override
  public void autostart(String uuid, Start start) {
    store.change(uuid, start);
  }

  @Override
  public void undefine(String uuid) {
    store.undefine(uuid);
  }
}

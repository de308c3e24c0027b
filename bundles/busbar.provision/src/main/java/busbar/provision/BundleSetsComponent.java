package busbar.provision;

import busbar.api.admin.BundlePlan;
import busbar.api.admin.BundleSet;
import busbar.api.admin.BundleSets;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapJournal;
import busbar.api.swap.SwapRecord;
import busbar.api.time.SystemTiming;
import java.nio.file.Path;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The service: it outlives the registry and whatever else it exchanges. */
@Component(immediate = true, configurationPid = "busbar.provision")
@Designate(ocd = BundleSetsComponent.Config.class)
public final class BundleSetsComponent implements BundleSets {
  /** Configuration. */
  @ObjectClassDefinition(name = "Busbar: sets of bundles")
  public @interface Config {
    /** How long a set has to run without harm. */
    @AttributeDefinition(
        name = "Settle time",
        description =
            "After so many seconds without a change of bundles, a failed component or a swap that"
                + " went wrong, the running set is the good one. 0: only an operator says so.")
    long settleSeconds() default 600;

    /** How many sets are kept. */
    @AttributeDefinition(name = "Sets", description = "How many sets are kept, at least 2.")
    int maxSets() default 8;

    /** How large their copies may become. */
    @AttributeDefinition(
        name = "Size",
        description = "How many MiB the copies of their bundles may take together.")
    long maxMebibytes() default 256;

    /** Where bundles of features are. */
    @AttributeDefinition(
        name = "Repository",
        description =
            "A folder in the layout of a Maven repository; empty: the one that the appliance was"
                + " started from.")
    String repository() default "";
  }

  private final Sets sets;
  private final SystemTiming timing = new SystemTiming();
  private final Keeper keeper;
  private final BundleContext context;
  private final BundleListener listener;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile SwapAdmin swaps;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile SwapJournal journal;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL)
  private volatile ServiceComponentRuntime components;

  @Activate
  public BundleSetsComponent(BundleContext context, Config config) {
    this.context = context;
    Store store =
        new Store(
            context.getDataFile("sets").toPath(), config.maxSets(), config.maxMebibytes() << 20);
    Health health = new Health(() -> swaps, () -> components);
    Inventory inventory = new Inventory(context);
    sets =
        new Sets(
            context,
            store,
            health,
            inventory,
            record -> {
              SwapJournal now = journal;
              return now == null ? record : now.add(record);
            },
            config.repository());
    keeper =
        new Keeper(store, health, inventory::now, sets::isChanging, timing, config.settleSeconds());
    listener = this::bundleChanged;
    context.addBundleListener(listener);
    keeper.changed();
  }

  private void bundleChanged(BundleEvent event) {
    if (event.getType() != BundleEvent.RESOLVED && event.getType() != BundleEvent.UNRESOLVED) {
      keeper.changed();
    }
  }

  @Deactivate
  void deactivate() {
    context.removeBundleListener(listener);
    keeper.close();
    timing.close();
  }

  @Override
  public List<BundleSet> sets() {
    return sets.sets();
  }

  @Override
  public BundleSet declareGood(long number, String who) {
    return sets.declareGood(number, who);
  }

  @Override
  public BundlePlan planRestore(long number) {
    return sets.planRestore(number);
  }

  @Override
  public SwapRecord restore(long number, String who) {
    return sets.restore(number, who);
  }

  @Override
  public BundlePlan planFeature(Path feature, Path repository) {
    return sets.planFeature(feature, repository);
  }

  @Override
  public SwapRecord apply(Path feature, Path repository, String who) {
    return sets.apply(feature, repository, who);
  }
}

package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ops4j.pax.exam.CoreOptions.composite;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.ops4j.pax.exam.Option;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;

/** The bundles that make the edu device usable, and what tests do with them. */
final class Appliance {
  /** Parts that may come in any order. */
  static final List<String> PARTS =
      List.of(
          "busbar.registry", "busbar.machine", "busbar.model.edu", "busbar.pci", "busbar.type1");

  private static final long PATIENCE_MILLIS = 10_000;

  private Appliance() {}

  static Option option() {
    return composite(
        Bundles.base(), Bundles.of("busbar.client"), Bundles.of(PARTS.toArray(String[]::new)));
  }

  /** The same, and what makes the devices of all other buses usable with their backends. */
  static Option allBuses() {
    return composite(
        option(),
        Bundles.of("busbar.spapr", "busbar.noiommu", "busbar.platform", "busbar.mdev"),
        Bundles.of("busbar.model.mtty", "busbar.model.pl031", "busbar.model.virtio"));
  }

  /**
   * Has the appliance run on another machine than the default one. When this returns the devices
   * are that machine's: those of the one before may have the same names.
   */
  static void machine(BundleContext context, ConfigurationAdmin configurations, String name)
      throws Exception {
    configurations
        .getConfiguration("busbar.machine", "?")
        .update(FrameworkUtil.asDictionary(Map.of("embedded", name)));
    ServiceTracker<Object, Object> machines =
        new ServiceTracker<>(
            context,
            context.createFilter(
                "(&(%s=%s)(busbar.machine=%s))"
                    .formatted(Constants.OBJECTCLASS, "busbar.machine.Machine", name)),
            null);
    machines.open(true);
    try {
      assertThat(machines.waitForService(PATIENCE_MILLIS)).as("machine %s", name).isNotNull();
    } finally {
      machines.close();
    }
  }

  static Bundle bundle(BundleContext context, String name) {
    return Arrays.stream(context.getBundles())
        .filter(bundle -> name.equals(bundle.getSymbolicName()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no bundle " + name));
  }

  static void stop(BundleContext context, List<String> names) throws BundleException {
    for (String name : names) {
      bundle(context, name).stop();
    }
  }

  static void start(BundleContext context, List<String> names) throws BundleException {
    for (String name : names) {
      bundle(context, name).start();
    }
  }
}

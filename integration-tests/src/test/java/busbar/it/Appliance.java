package busbar.it;

import static org.ops4j.pax.exam.CoreOptions.composite;

import java.util.Arrays;
import java.util.List;
import org.ops4j.pax.exam.Option;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** The bundles that make the edu device usable, and what tests do with them. */
final class Appliance {
  /** Parts that may come in any order. */
  static final List<String> PARTS =
      List.of(
          "busbar.registry", "busbar.machine", "busbar.model.edu", "busbar.pci", "busbar.type1");

  private Appliance() {}

  static Option option() {
    return composite(
        Bundles.base(), Bundles.of("busbar.client"), Bundles.of(PARTS.toArray(String[]::new)));
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

package busbar.registry;

import busbar.api.swap.LoadAhead;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/**
 * Loads the code of bundles before it is needed: of one that goes, since it is called still when
 * its class loader gives nothing any more; of one that takes over, since operations would wait for
 * it. Any thread.
 */
final class Preparation {
  private final BundleContext context;

  /** By number, when the bundle that was prepared was modified last. */
  private final Map<Long, Long> prepared = new ConcurrentHashMap<>();

  Preparation(BundleContext context) {
    this.context = context;
  }

  /** 0 stands for nobody. */
  void of(long bundleId) {
    Bundle bundle = bundleId == 0 ? null : context.getBundle(bundleId);
    if (bundle != null) {
      Long modified = bundle.getLastModified();
      if (!modified.equals(prepared.put(bundleId, modified))) {
        load(bundle);
      }
    }
  }

  private static void load(Bundle bundle) {
    List<String> resources = new ArrayList<>();
    Enumeration<URL> files = bundle.findEntries("/", "*.class", true);
    if (files != null) {
      Collections.list(files).forEach(file -> resources.add(file.getPath().substring(1)));
    }
    for (String resource : resources) {
      ClassLoader loader = loader(bundle, resource);
      if (loader != null) {
        LoadAhead.everything(loader, resources);
        return;
      }
    }
  }

  private static ClassLoader loader(Bundle bundle, String resource) {
    String name = resource.substring(0, resource.length() - ".class".length()).replace('/', '.');
    try {
      return bundle.loadClass(name).getClassLoader();
    } catch (ClassNotFoundException | LinkageError e) {
      return null; // the next one will do
    }
  }
}

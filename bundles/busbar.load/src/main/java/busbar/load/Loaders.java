package busbar.load;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/** Class loaders of bundle versions that were replaced, and must be gone one day. */
final class Loaders {
  private static final int COLLECTIONS = 40;
  private static final long PAUSE_MILLIS = 50;

  /** One that must go. */
  private record Replaced(String name, WeakReference<ClassLoader> loader) {}

  private final List<Replaced> replaced = new ArrayList<>();

  /** A bundle is about to be updated or uninstalled. */
  void replacing(Bundle bundle) {
    replaced.add(
        new Replaced(
            bundle.getSymbolicName() + " " + bundle.getVersion(),
            new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader())));
  }

  int replaced() {
    return replaced.size();
  }

  /** The bundles whose loaders are still there when nothing more is collected. */
  List<String> leaked() {
    List<String> left = left();
    for (int i = 0; i < COLLECTIONS && !left.isEmpty(); i++) {
      System.gc();
      sleep();
      left = left();
    }
    return left;
  }

  private List<String> left() {
    return replaced.stream().filter(one -> one.loader.get() != null).map(Replaced::name).toList();
  }

  private static void sleep() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

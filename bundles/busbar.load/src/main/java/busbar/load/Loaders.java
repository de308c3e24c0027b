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

  private final List<WeakReference<ClassLoader>> replaced = new ArrayList<>();

  /** A bundle is about to be updated or uninstalled. */
  void replacing(Bundle bundle) {
    replaced.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
  }

  int replaced() {
    return replaced.size();
  }

  /** How many are still there when nothing more is collected. */
  int leaked() {
    int left = count();
    for (int i = 0; i < COLLECTIONS && left > 0; i++) {
      System.gc();
      sleep();
      left = count();
    }
    return left;
  }

  private int count() {
    return (int) replaced.stream().filter(reference -> reference.get() != null).count();
  }

  private static void sleep() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

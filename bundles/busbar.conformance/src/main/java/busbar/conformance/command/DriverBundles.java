package busbar.conformance.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** Brings a vendor's bundles into the framework. */
final class DriverBundles {
  private final BundleContext context;

  DriverBundles(BundleContext context) {
    this.context = context;
  }

  /**
   * Installs and starts a bundle; one that is there under the same name is replaced by it.
   *
   * @throws IOException with the reason, if it cannot be started
   */
  void install(Path jar) throws IOException {
    Path file = jar.toAbsolutePath();
    if (!Files.isRegularFile(file)) {
      throw new IOException("--driver " + jar + " does not exist");
    }
    try {
      Bundle bundle = context.installBundle("reference:" + file.toUri());
      for (Bundle other : context.getBundles()) {
        if (other != bundle
            && other.getSymbolicName() != null
            && other.getSymbolicName().equals(bundle.getSymbolicName())) {
          other.stop(Bundle.STOP_TRANSIENT);
        }
      }
      bundle.start();
    } catch (BundleException e) {
      throw new IOException("--driver " + jar + " did not start: " + e.getMessage(), e);
    }
  }
}

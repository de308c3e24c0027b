package busbar.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.util.tracker.ServiceTracker;

/**
 * A framework with the bundles of a feature. Used by one thread; {@link #close} may be called by
 * any.
 */
final class Appliance implements AutoCloseable {

  /**
   * What the launcher shares with bundles: its own command interface, and the few packages through
   * which it speaks with the configuration admin and asks about components.
   */
  private static final String SHARED_PACKAGES =
      "busbar.launcher.command;version=1.0.0"
          + ",org.osgi.service.cm;version=1.6.1"
          + ",org.osgi.service.component.runtime;version=1.5.0"
          + ",org.osgi.service.component.runtime.dto;version=1.5.0"
          + ",org.osgi.util.promise;version=1.3.0"
          + ",org.osgi.util.function;version=1.2.0";

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

  private final Framework framework;

  private Appliance(Framework framework) {
    this.framework = framework;
  }

  /**
   * Creates the framework, which keeps its files in the given folder.
   *
   * @param more properties that bundles see
   */
  static Appliance create(Path storage, Map<String, String> more) throws LaunchException {
    FrameworkFactory factory =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow(() -> new LaunchException("no OSGi framework on the class path"));
    Map<String, String> properties = new HashMap<>(more);
    properties.put(Constants.FRAMEWORK_STORAGE, storage.toString());
    properties.put(
        Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
    properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SHARED_PACKAGES);
    properties.put("felix.service.urlhandlers", "false");
    properties.put("felix.log.level", "0");
    properties.put("gosh.home", System.getProperty("busbar.home", ".") + "/features/shell");
    Framework framework = factory.newFramework(properties);
    try {
      framework.start();
    } catch (BundleException e) {
      throw new LaunchException("the framework cannot start: " + LaunchException.reasonOf(e), e);
    }
    return new Appliance(framework);
  }

  /**
   * Installs the bundles and starts them in their order. The configurations are handed on as soon
   * as a started bundle offers a configuration admin, so that components listed later see theirs at
   * once.
   */
  void start(List<Path> jars, Configurations configurations) throws LaunchException {
    boolean configured = configurations.isEmpty();
    for (Bundle bundle : install(jars)) {
      if (isFragment(bundle)) {
        continue;
      }
      start(bundle);
      configured = configured || push(configurations);
    }
    if (!configured) {
      throw new LaunchException(
          "no bundle offers a configuration admin for " + configurations.byPid().keySet());
    }
  }

  /** Waits for a service and returns it. */
  <S> S await(Class<S> type, String filter, String what, Duration timeout) throws LaunchException {
    ServiceTracker<S, S> tracker = new ServiceTracker<>(context(), filterOf(filter), null);
    // all services: the launcher's class path is wider than what the system bundle exports
    tracker.open(true);
    try {
      Object service = tracker.waitForService(timeout.toMillis());
      if (service == null) {
        throw new LaunchException(
            what
                + " did not come up within "
                + timeout.toSeconds()
                + " s"
                + new Diagnosis(context()).sentence());
      }
      return type.cast(service);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LaunchException("interrupted while waiting for " + what, e);
    }
  }

  int bundles() {
    return context().getBundles().length - 1;
  }

  /** Waits until somebody stops the framework. */
  void awaitStop() throws InterruptedException {
    framework.waitForStop(0);
  }

  @Override
  public void close() {
    try {
      framework.stop();
      framework.waitForStop(STOP_TIMEOUT.toMillis());
    } catch (BundleException e) {
      System.err.println("busbar: the framework does not stop: " + LaunchException.reasonOf(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private BundleContext context() {
    return framework.getBundleContext();
  }

  private List<Bundle> install(List<Path> jars) throws LaunchException {
    List<Bundle> installed = new ArrayList<>();
    for (Path jar : jars) {
      try {
        installed.add(context().installBundle(jar.toUri().toString()));
      } catch (BundleException e) {
        throw new LaunchException("bundle " + jar + ": " + LaunchException.reasonOf(e), e);
      }
    }
    return installed;
  }

  private static void start(Bundle bundle) throws LaunchException {
    try {
      bundle.start();
    } catch (BundleException e) {
      throw new LaunchException(
          "bundle " + bundle.getSymbolicName() + " does not start: " + reason(e), e);
    }
  }

  private static String reason(BundleException problem) {
    Throwable cause = problem.getCause() == null ? problem : problem.getCause();
    return LaunchException.reasonOf(cause);
  }

  private boolean push(Configurations configurations) throws LaunchException {
    ServiceReference<ConfigurationAdmin> reference =
        context().getServiceReference(ConfigurationAdmin.class);
    if (reference == null) {
      return false;
    }
    try {
      configurations.pushTo(context().getService(reference));
      return true;
    } catch (IOException e) {
      throw new LaunchException("configurations: " + LaunchException.reasonOf(e), e);
    }
  }

  private static boolean isFragment(Bundle bundle) {
    return bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
  }

  private static org.osgi.framework.Filter filterOf(String filter) throws LaunchException {
    try {
      return FrameworkUtil.createFilter(filter);
    } catch (InvalidSyntaxException e) {
      throw new LaunchException("not a filter: " + filter + ": " + LaunchException.reasonOf(e), e);
    }
  }
}

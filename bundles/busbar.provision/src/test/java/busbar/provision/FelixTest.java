package busbar.provision;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/** A framework for each test, as the launcher starts it. */
abstract class FelixTest {
  @TempDir Path folder;
  private Framework framework;
  BundleContext context;

  @BeforeEach
  void startFramework() throws Exception {
    framework =
        new FrameworkFactory()
            .newFramework(
                Map.of(
                    Constants.FRAMEWORK_STORAGE,
                    folder.resolve("cache").toString(),
                    "felix.service.urlhandlers",
                    "false",
                    "felix.log.level",
                    "0",
                    Sets.REPOSITORY,
                    repository().toString()));
    framework.start();
    context = framework.getBundleContext();
  }

  @AfterEach
  void stopFramework() throws Exception {
    framework.stop();
    framework.waitForStop(10_000);
  }

  Path repository() {
    return folder.resolve("repository");
  }

  Bundle start(Path jar) throws Exception {
    Bundle bundle = context.installBundle(jar.toUri().toString());
    bundle.start();
    return bundle;
  }

  static void update(Bundle bundle, Path jar) throws Exception {
    try (var in = Files.newInputStream(jar)) {
      bundle.update(in);
    }
  }

  /** Name, version and whether it runs, of each bundle. */
  List<String> bundles() {
    return Arrays.stream(context.getBundles())
        .filter(bundle -> bundle.getBundleId() != 0)
        .map(
            bundle ->
                bundle.getSymbolicName()
                    + " "
                    + bundle.getVersion()
                    + (bundle.getState() == Bundle.ACTIVE ? " runs" : ""))
        .sorted()
        .toList();
  }
}

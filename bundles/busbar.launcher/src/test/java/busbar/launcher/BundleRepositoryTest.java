package busbar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.service.feature.FeatureService;
import org.osgi.service.feature.ID;

class BundleRepositoryTest {

  private static final Path FEATURE = Path.of("small.json");

  @TempDir private Path root;

  private final ID bundle =
      ServiceLoader.load(FeatureService.class)
          .findFirst()
          .orElseThrow()
          .getID("busbar", "busbar.pci", "1.0.0");

  @Test
  void aBundleIsFoundWhereMavenPutsIt() throws Exception {
    Path jar = root.resolve("busbar/busbar.pci/1.0.0/busbar.pci-1.0.0.jar");
    Files.createDirectories(jar.getParent());
    Files.createFile(jar);
    assertThat(new BundleRepository(root).locate(FEATURE, bundle)).isEqualTo(jar.toAbsolutePath());
  }

  @Test
  void aBundleThatIsNotThereIsNamedWithTheFeatureThatAsksForIt() {
    assertThatExceptionOfType(LaunchException.class)
        .isThrownBy(() -> new BundleRepository(root).locate(FEATURE, bundle))
        .withMessage("feature small.json: bundle busbar:busbar.pci:1.0.0 is not in " + root);
  }
}

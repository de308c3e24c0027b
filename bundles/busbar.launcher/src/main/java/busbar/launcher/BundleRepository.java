package busbar.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.service.feature.ID;

/**
 * A folder in the layout of a Maven repository.
 *
 * @param root the folder
 */
record BundleRepository(Path root) {

  /** The jar of a bundle that a feature names. */
  Path locate(Path feature, ID id) throws LaunchException {
    Path jar =
        root.resolve(id.getGroupId().replace('.', '/'))
            .resolve(id.getArtifactId())
            .resolve(id.getVersion())
            .resolve(id.getArtifactId() + "-" + id.getVersion() + ".jar");
    if (!Files.isRegularFile(jar)) {
      throw new LaunchException("feature " + feature + ": bundle " + id + " is not in " + root);
    }
    return jar.toAbsolutePath().normalize();
  }
}

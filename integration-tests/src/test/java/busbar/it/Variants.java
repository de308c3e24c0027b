package busbar.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;

/** The same bundle as another version: its jar packed anew with another {@code Bundle-Version}. */
final class Variants {
  private Variants() {}

  /** Writes the variant; a file that is there is replaced in one step, as a deploy folder wants. */
  static Path write(String bundle, String version, Path target) throws IOException {
    Files.createDirectories(target.toAbsolutePath().getParent());
    Path part = Files.createTempFile("busbar-variant-", ".jar");
    try (JarFile jar = new JarFile(Bundles.file(bundle).toFile());
        OutputStream file = Files.newOutputStream(part)) {
      Manifest manifest = new Manifest(jar.getManifest());
      manifest.getMainAttributes().putValue(Constants.BUNDLE_VERSION, version);
      try (JarOutputStream out = new JarOutputStream(file, manifest)) {
        for (JarEntry entry : Collections.list(jar.entries())) {
          if (!entry.getName().equals(JarFile.MANIFEST_NAME) && !entry.isDirectory()) {
            out.putNextEntry(new JarEntry(entry.getName()));
            try (InputStream in = jar.getInputStream(entry)) {
              in.transferTo(out);
            }
          }
        }
      }
    }
    return Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Where a repository in the layout of Maven has it. */
  static Path inRepository(Path root, String bundle, String version) throws IOException {
    return write(
        bundle,
        version,
        root.resolve("busbar")
            .resolve(bundle)
            .resolve(version)
            .resolve(bundle + "-" + version + ".jar"));
  }
}

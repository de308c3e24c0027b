package busbar.load;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

/** A bundle's jar, to be had in any version: all that differs is what its manifest says. */
final class Jar {
  private final Path file;

  private Jar(Path file) {
    this.file = file;
  }

  /** The jar that a bundle was installed from, a file. */
  static Jar of(Bundle bundle) {
    return new Jar(Path.of(URI.create(bundle.getLocation())));
  }

  byte[] withVersion(String version) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarInputStream in = new JarInputStream(Files.newInputStream(file))) {
      Manifest manifest = in.getManifest();
      manifest.getMainAttributes().putValue(Constants.BUNDLE_VERSION, version);
      try (JarOutputStream out = new JarOutputStream(bytes, manifest)) {
        out.setLevel(0);
        for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
          out.putNextEntry(new JarEntry(entry.getName()));
          in.transferTo(out);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("repacking " + file, e);
    }
    return bytes.toByteArray();
  }

  static InputStream stream(byte[] jar) {
    return new ByteArrayInputStream(jar);
  }
}

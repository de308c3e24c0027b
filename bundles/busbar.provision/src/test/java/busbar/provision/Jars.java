package busbar.provision;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Bundles made of nothing but headers and text. */
final class Jars {
  private Jars() {}

  /** The entries of a bundle; more can be put into the map. */
  static Map<String, String> entries(String name, String version, String... headers) {
    StringBuilder manifest = new StringBuilder("Manifest-Version: 1.0\r\n");
    manifest.append("Bundle-ManifestVersion: 2\r\n");
    manifest.append("Bundle-SymbolicName: ").append(name).append("\r\n");
    manifest.append("Bundle-Version: ").append(version).append("\r\n");
    for (String header : headers) {
      manifest.append(header).append("\r\n");
    }
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("META-INF/MANIFEST.MF", manifest.append("\r\n").toString());
    entries.put("a/b/deep.txt", name + " " + version);
    entries.put("top.txt", "top");
    return entries;
  }

  static Path write(Path jar, Map<String, String> entries) throws IOException {
    Files.createDirectories(jar.getParent());
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (Map.Entry<String, String> entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
    return jar;
  }

  static Path bundle(Path folder, String name, String version, String... headers)
      throws IOException {
    return write(folder.resolve(name + "-" + version + ".jar"), entries(name, version, headers));
  }

  /** Where a Maven repository has it. */
  static Path inRepository(Path root, String name, String version, String... headers)
      throws IOException {
    return bundle(root.resolve("test").resolve(name).resolve(version), name, version, headers);
  }
}

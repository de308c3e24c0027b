package busbar.provision;

import busbar.api.Errno;
import busbar.api.VfioException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipFile;
import org.osgi.framework.Version;

/**
 * Reads what a feature file says about bundles. The launcher, which starts from one, has a reader
 * of its own on its class path, which bundles do not see; this one works on any framework.
 */
final class FeatureReader {
  /** Metadata of a bundle that is there only if the appliance has a deploy folder. */
  private static final String DEPLOY = "deploy";

  private static final JSON JSON_WITH_COMMENTS =
      JSON.builder(JsonFactory.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build())
          .build();

  private FeatureReader() {}

  /**
   * A feature.
   *
   * @param name its name, or its id if it has none
   * @param bundles what it wants
   * @param configurations the PIDs that it configures
   */
  record Feature(String name, List<Wanted> bundles, Set<String> configurations) {}

  /**
   * Reads a feature and finds its bundles.
   *
   * @param repository a folder in the layout of a Maven repository
   * @throws VfioException {@code ENOENT} no such file or bundle, {@code EINVAL} it is no feature
   */
  static Feature read(Path file, Path repository) {
    Map<?, ?> root = parse(file);
    if (!(root.get("bundles") instanceof List<?> bundles) || !(root.get("id") instanceof String)) {
      throw Errno.EINVAL.because("%s is no feature: it lacks \"id\" or \"bundles\"", file);
    }
    List<Wanted> wanted = new ArrayList<>();
    for (Object item : bundles) {
      if (!(item instanceof Map<?, ?> bundle) || !(bundle.get("id") instanceof String id)) {
        throw Errno.EINVAL.because("%s: not {\"id\": \"group:artifact:version\"}: %s", file, item);
      }
      wanted.add(wanted(file, jar(file, id, repository), Boolean.TRUE.equals(bundle.get(DEPLOY))));
    }
    Set<String> configurations = new TreeSet<>();
    if (root.get("configurations") instanceof Map<?, ?> byPid) {
      byPid.keySet().forEach(pid -> configurations.add(String.valueOf(pid)));
    }
    Object name = root.get("name") == null ? root.get("id") : root.get("name");
    return new Feature(name.toString(), List.copyOf(wanted), configurations);
  }

  private static Map<?, ?> parse(Path file) {
    if (!Files.isRegularFile(file)) {
      throw Errno.ENOENT.because("there is no feature file %s", file);
    }
    try (InputStream in = Files.newInputStream(file)) {
      return JSON_WITH_COMMENTS.anyFrom(in) instanceof Map<?, ?> map ? map : Map.of();
    } catch (IOException e) {
      throw Errno.EINVAL.because(
          "%s is no feature: %s", file, e.getMessage().lines().findFirst().orElse(""));
    }
  }

  private static Path jar(Path file, String id, Path repository) {
    String[] parts = id.split(":");
    if (parts.length < 3) {
      throw Errno.EINVAL.because("%s: the id %s is not group:artifact:version", file, id);
    }
    String artifact = parts[1];
    String version = parts[parts.length - 1];
    Path jar =
        repository
            .resolve(parts[0].replace('.', '/'))
            .resolve(artifact)
            .resolve(version)
            .resolve(artifact + "-" + version + ".jar");
    if (!Files.isRegularFile(jar)) {
      throw Errno.ENOENT.because("%s: the bundle %s is not in %s", file, id, repository);
    }
    return jar.toAbsolutePath().normalize();
  }

  private static Wanted wanted(Path file, Path jar, boolean optional) {
    try (Content entries = Content.of(jar);
        ZipFile zip = new ZipFile(jar.toFile())) {
      Attributes headers = manifest(zip).getMainAttributes();
      String name = headers.getValue("Bundle-SymbolicName");
      if (name == null) {
        throw Errno.EINVAL.because("%s: %s is no bundle", file, jar);
      }
      String version = headers.getValue("Bundle-Version");
      return new Wanted(
          name.replaceFirst(";.*", "").strip(),
          Version.parseVersion(version).toString(),
          jar.toUri().toString(),
          0,
          headers.getValue("Fragment-Host") == null,
          entries.digest(),
          jar,
          optional);
    } catch (IOException e) {
      throw Errno.EINVAL.because("%s: %s cannot be read: %s", file, jar, e.getMessage());
    }
  }

  private static Manifest manifest(ZipFile zip) throws IOException {
    var entry = zip.getEntry(JarFile.MANIFEST_NAME);
    if (entry == null) {
      return new Manifest();
    }
    try (InputStream in = zip.getInputStream(entry)) {
      return new Manifest(in);
    }
  }
}

package busbar.it;

import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.ops4j.pax.exam.Option;

/**
 * The bundles of an integration test. The build copies all of them, without versions in their
 * names, into one folder.
 *
 * <pre>{@code
 * @Configuration
 * public Option[] configuration() {
 *   return new Option[] {Bundles.base(), Bundles.of("busbar.registry", "busbar.pci")};
 * }
 * }</pre>
 */
public final class Bundles {

  private static final String FOLDER = "busbar.it.bundles";

  private static final Set<String> BASE = Set.of("busbar.uapi", "busbar.api");

  private Bundles() {}

  /**
   * What every test needs: Declarative Services, configuration, JSON, AssertJ, JUnit and the
   * bundles of the API.
   */
  public static Option base() {
    return composite(
        systemProperty(FOLDER).value(System.getProperty(FOLDER)),
        systemProperty("busbar.home").value(System.getProperty("busbar.home")),
        of("slf4j-api"),
        bundle(url("slf4j-jdk14")).noStart(),
        of("org.osgi.util.function", "org.osgi.util.promise", "org.osgi.service.component"),
        of("org.apache.felix.configadmin", "org.apache.felix.scr"),
        of("jackson-core", "jackson-jr-objects", "picocli"),
        of("byte-buddy", "assertj-core"),
        of("busbar.uapi", "busbar.api"),
        junitBundles());
  }

  /** The named bundles, installed and started in this order. */
  public static Option of(String... names) {
    return composite(Arrays.stream(names).map(name -> bundle(url(name))).toArray(Option[]::new));
  }

  /** All bundles of ours but those of {@link #base()}. */
  public static Option allOthers() {
    String[] jars = Path.of(System.getProperty(FOLDER)).toFile().list();
    return of(
        Arrays.stream(jars)
            .filter(jar -> jar.startsWith("busbar.") && jar.endsWith(".jar"))
            .map(jar -> jar.substring(0, jar.length() - ".jar".length()))
            .filter(name -> !BASE.contains(name))
            .sorted()
            .toArray(String[]::new));
  }

  /** Where the jar of a bundle is, for tests that install or update by themselves. */
  public static String url(String name) {
    return file(name).toUri().toString();
  }

  /** The jar of a bundle. */
  public static Path file(String name) {
    return Path.of(System.getProperty(FOLDER), name + ".jar");
  }
}

package busbar.launcher;

import jakarta.json.stream.JsonParsingException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.osgi.service.feature.Feature;
import org.osgi.service.feature.FeatureBundle;
import org.osgi.service.feature.FeatureService;
import org.osgi.service.feature.ID;

/**
 * A feature in the OSGi Feature format, as read from a file.
 *
 * @param file where it was read from
 * @param feature what it says
 */
record FeatureFile(Path file, Feature feature) {

  /** Metadata of a bundle that only a person at a console needs. */
  static final String INTERACTIVE = "interactive";

  /** Metadata of a bundle that is there only if a folder is watched. */
  static final String DEPLOY = "deploy";

  /** Variable of a feature: the filter of the service that says that the appliance is up. */
  static final String READY = "busbar.ready";

  static FeatureFile read(Path file) throws LaunchException {
    FeatureService reader =
        ServiceLoader.load(FeatureService.class)
            .findFirst()
            .orElseThrow(() -> new LaunchException("no reader of features on the class path"));
    String text = textOf(file);
    try {
      return new FeatureFile(file, reader.readFeature(new StringReader(text)));
    } catch (IOException | RuntimeException e) {
      String complaint = FeatureShape.complaint(text);
      String reason = complaint == null ? LaunchException.reasonOf(e) : complaint;
      throw new LaunchException("feature " + file + place(e) + ": " + reason, e);
    }
  }

  private static String textOf(Path file) throws LaunchException {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new LaunchException("feature " + file + ": cannot be read: " + e, e);
    }
  }

  /** The bundles in the order in which they are installed and started. */
  List<ID> bundles(boolean interactive, boolean deploying) {
    List<ID> ids = new ArrayList<>();
    for (FeatureBundle bundle : feature.getBundles()) {
      if ((interactive || !is(INTERACTIVE, bundle)) && (deploying || !is(DEPLOY, bundle))) {
        ids.add(bundle.getID());
      }
    }
    return ids;
  }

  /** Whether it has a bundle that watches a folder. */
  boolean canDeploy() {
    return feature.getBundles().stream().anyMatch(bundle -> is(DEPLOY, bundle));
  }

  private static boolean is(String mark, FeatureBundle bundle) {
    return Boolean.parseBoolean(String.valueOf(bundle.getMetadata().get(mark)));
  }

  /**
   * The filter of the service that says that the appliance is up, or null if nothing is waited for.
   */
  String ready() {
    Object filter = feature.getVariables().get(READY);
    return filter == null ? null : filter.toString();
  }

  /** The configurations by PID, as the feature has them. */
  Map<String, Map<String, Object>> configurations() {
    Map<String, Map<String, Object>> byPid = new TreeMap<>();
    feature.getConfigurations().forEach((pid, c) -> byPid.put(pid, new TreeMap<>(c.getValues())));
    return byPid;
  }

  private static String place(Throwable problem) {
    for (Throwable t = problem; t != null; t = t.getCause()) {
      if (t instanceof JsonParsingException json) {
        return " line "
            + json.getLocation().getLineNumber()
            + " column "
            + json.getLocation().getColumnNumber();
      }
    }
    return "";
  }
}

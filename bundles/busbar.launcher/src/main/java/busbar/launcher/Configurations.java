package busbar.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * The configurations of an appliance: those of its feature, with what was asked for on the command
 * line.
 */
final class Configurations {

  static final String MACHINE_PID = "busbar.machine";
  static final String MACHINE_FILE = "file";

  private final Map<String, Map<String, Object>> byPid;

  Configurations(Map<String, Map<String, Object>> byPid) {
    this.byPid = new TreeMap<>(byPid);
  }

  /** Lets the machine of a file stand in for the embedded one. */
  Configurations withMachine(Path file) {
    byPid.computeIfAbsent(MACHINE_PID, pid -> new TreeMap<>()).put(MACHINE_FILE, file.toString());
    return this;
  }

  Map<String, Map<String, Object>> byPid() {
    return byPid;
  }

  boolean isEmpty() {
    return byPid.isEmpty();
  }

  /**
   * Hands all of them on; a PID of the form {@code factory~name} becomes a factory configuration.
   */
  void pushTo(ConfigurationAdmin admin) throws IOException {
    for (Map.Entry<String, Map<String, Object>> entry : byPid.entrySet()) {
      configuration(admin, entry.getKey()).update(new Hashtable<>(entry.getValue()));
    }
  }

  private static Configuration configuration(ConfigurationAdmin admin, String pid)
      throws IOException {
    int tilde = pid.indexOf('~');
    return tilde < 0
        ? admin.getConfiguration(pid, "?")
        : admin.getFactoryConfiguration(pid.substring(0, tilde), pid.substring(tilde + 1), "?");
  }
}

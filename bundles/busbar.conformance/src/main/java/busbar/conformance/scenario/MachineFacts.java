package busbar.conformance.scenario;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a player has to know of a machine before it plays on it, from the machine's description: the
 * names that scenarios have for its devices, and what they require.
 *
 * @param name the machine's name
 * @param arch {@code "x86"}, {@code "ppc"}, {@code "arm"}
 * @param devices bus name by alias, without the {@code @}
 * @param hugePages 2 MiB pages that the host has set aside for its users
 */
public record MachineFacts(
    String name, String arch, Map<String, String> devices, int hugePages, Path file) {

  /**
   * Reads the description.
   *
   * @throws IOException if the file cannot be read or is no JSON object; the message names the file
   */
  public static MachineFacts read(Path file) throws IOException {
    Map<String, Object> json;
    try {
      json = JSON.std.mapFrom(file.toFile());
    } catch (IOException e) {
      throw new IOException(file + " is not a machine description: " + e.getMessage(), e);
    }
    Map<String, String> devices = new TreeMap<>();
    object(json.get("aliases"))
        .forEach((alias, entry) -> text(entry).ifPresent(device -> devices.put(alias, device)));
    int hugePages =
        object(json.get("parameters")).get("hugepages2M") instanceof Number n ? n.intValue() : 0;
    return new MachineFacts(
        String.valueOf(json.get("name")),
        family(String.valueOf(json.get("arch"))),
        Map.copyOf(devices),
        hugePages,
        file);
  }

  /** The alias of a device with its {@code @}, or the device's own name. */
  public String alias(String device) {
    return devices.entrySet().stream()
        .filter(entry -> entry.getValue().equals(device))
        .map(entry -> "@" + entry.getKey())
        .sorted()
        .findFirst()
        .orElse(device);
  }

  private static Optional<String> text(Object entry) {
    Object device = entry instanceof Map<?, ?> map ? map.get("device") : entry;
    return device instanceof String s ? Optional.of(s) : Optional.empty();
  }

  private static String family(String arch) {
    if (arch.startsWith("x86")) {
      return "x86";
    }
    if (arch.startsWith("ppc")) {
      return "ppc";
    }
    return arch.startsWith("aarch64") || arch.startsWith("arm") ? "arm" : arch;
  }

  private static Map<?, ?> raw(Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static Map<String, Object> object(Object value) {
    Map<String, Object> map = new TreeMap<>();
    raw(value).forEach((k, v) -> map.put(String.valueOf(k), v == null ? "" : v));
    return map;
  }
}

package busbar.api.admin;

import java.util.List;

/**
 * A driver as administration sees it.
 *
 * @param kind whose it is
 * @param bundle who provides it: symbolic name and version
 * @param ids dynamic ids
 * @param devices what it is bound to
 */
public record DriverView(
    String name, String bus, Kind kind, String bundle, List<String> ids, List<String> devices) {
  /** Whose driver it is. */
  public enum Kind {
    VFIO,
    HOST
  }
}

package busbar.api.admin;

import java.util.List;

/**
 * What has to be done to get from the bundles that run to others; nothing has been touched.
 *
 * @param target where it leads: {@code "set 3"}, {@code "feature pc"}
 * @param steps in the order in which they are done; empty if nothing differs
 * @param possible whether it can be done while clients go on
 * @param because one sentence: why it is possible or not
 * @param findings further facts, one sentence each
 */
public record BundlePlan(
    String target, List<Step> steps, boolean possible, String because, List<String> findings) {
  public BundlePlan {
    steps = List.copyOf(steps);
    findings = List.copyOf(findings);
  }

  /** What is done to a bundle. */
  public enum Action {
    INSTALL,
    /** In place: stopped, exchanged and started again; what it drove waits meanwhile. */
    UPDATE,
    START,
    STOP,
    UNINSTALL
  }

  /**
   * One step.
   *
   * @param symbolicName the bundle
   * @param from its version now; empty if it is not there
   * @param to its version afterwards; empty if it will not be there
   * @param location the framework's name for it
   */
  public record Step(Action action, String symbolicName, String from, String to, String location) {
    @Override
    public String toString() {
      String verb = action.name().toLowerCase(java.util.Locale.ROOT);
      return switch (action) {
        case UPDATE -> verb + " " + symbolicName + " " + from + " -> " + to;
        case INSTALL -> verb + " " + symbolicName + " " + to;
        default -> verb + " " + symbolicName + " " + from;
      };
    }
  }
}

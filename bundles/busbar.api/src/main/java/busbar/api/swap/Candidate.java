package busbar.api.swap;

import java.lang.module.ModuleDescriptor.Version;
import java.util.Comparator;

/**
 * Somebody who is in a place or could be.
 *
 * @param name the driver's, backend's, parent's or model's own name: {@code "vfio-pci"}
 * @param bundle symbolic name of the bundle that provides it; empty if it has none
 * @param version of that bundle; empty if it has none
 * @param bundleId the framework's number of that bundle; 0 if it has none
 */
public record Candidate(String name, String bundle, String version, long bundleId) {
  /** By the versions of their bundles; without one comes first. */
  public static final Comparator<Candidate> BY_VERSION =
      Comparator.comparing(
          Candidate::version,
          Comparator.comparing(text -> Version.parse(text.isEmpty() ? "0" : text)));

  /** A candidate without a bundle, as plain Java programs and tests have it. */
  public static Candidate plain(String name) {
    return new Candidate(name, "", "", 0);
  }

  /**
   * Whether an operator means this one: by {@code name}, {@code bundle}, either with {@code
   * @version}, or by {@code #id}, the number of the bundle.
   */
  public boolean isMeantBy(String text) {
    int at = text.indexOf('@');
    String who = at < 0 ? text : text.substring(0, at);
    boolean versionFits = at < 0 || text.substring(at + 1).equals(version);
    return text.equals("#" + bundleId) && bundleId > 0
        || versionFits && (who.equals(name) || who.equals(bundle) && !bundle.isEmpty());
  }

  /** Whether both are of one bundle, of which this is the newer version. */
  public boolean isNewerThan(Candidate other) {
    return !bundle.isEmpty() && bundle.equals(other.bundle) && BY_VERSION.compare(this, other) > 0;
  }

  /**
   * As an operator writes it in the shell where the version is not enough: by the number of the
   * bundle, in quotes, since a bare {@code #} begins a comment.
   */
  public String word() {
    return bundleId == 0 ? toString() : "'#" + bundleId + "'";
  }

  /** As an operator can write it, without doubt among those of one name: {@code name@version}. */
  @Override
  public String toString() {
    return version.isEmpty() ? name : name + "@" + version;
  }
}

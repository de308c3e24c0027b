package busbar.provision;

import busbar.api.Errno;
import busbar.api.admin.BundleSet.Member;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.startlevel.BundleStartLevel;

/** What the framework has now. Reads the entries of a bundle only after it has been modified. */
final class Inventory {
  /** When a bundle was modified last, and what was in it then. */
  private record Seen(long modified, String content) {}

  private final BundleContext context;
  private final Map<Long, Seen> seen = new HashMap<>();

  Inventory(BundleContext context) {
    this.context = context;
  }

  /**
   * Every bundle but the framework, in the order in which they were installed.
   *
   * @throws busbar.api.VfioException {@code EIO} if entries cannot be read
   */
  synchronized List<Running> now() {
    List<Running> running = new ArrayList<>();
    Bundle[] bundles = context.getBundles();
    Arrays.sort(bundles, Comparator.comparingLong(Bundle::getBundleId));
    for (Bundle bundle : bundles) {
      if (bundle.getBundleId() != 0 && bundle.getState() != Bundle.UNINSTALLED) {
        running.add(new Running(bundle, member(bundle)));
      }
    }
    seen.keySet().retainAll(running.stream().map(one -> one.bundle().getBundleId()).toList());
    return running;
  }

  private Member member(Bundle bundle) {
    BundleStartLevel level = bundle.adapt(BundleStartLevel.class);
    return new Member(
        String.valueOf(bundle.getSymbolicName()),
        bundle.getVersion().toString(),
        bundle.getLocation(),
        level.getStartLevel(),
        level.isPersistentlyStarted(),
        content(bundle));
  }

  private String content(Bundle bundle) {
    long modified = bundle.getLastModified();
    Seen known = seen.get(bundle.getBundleId());
    if (known == null || known.modified() != modified) {
      try (Content entries = Content.of(bundle)) {
        known = new Seen(modified, entries.digest());
      } catch (IOException e) {
        throw Errno.EIO.because("the entries of %s cannot be read: %s", bundle, e.getMessage());
      }
      seen.put(bundle.getBundleId(), known);
    }
    return known.content();
  }
}

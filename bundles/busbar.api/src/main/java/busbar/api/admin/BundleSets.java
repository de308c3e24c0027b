package busbar.api.admin;

import busbar.api.swap.SwapRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The bundles of a running appliance as sets: remembers which set was good, and goes from the
 * running set to another one bundle by bundle, while clients go on. A service of the bundle that
 * alone may install bundles. Any thread; failures are {@link busbar.api.VfioException}.
 */
@ProviderType
public interface BundleSets {
  /** The sets that are kept, oldest first. */
  List<BundleSet> sets();

  /** The last good set. */
  default Optional<BundleSet> good() {
    return sets().stream().filter(BundleSet::good).findFirst();
  }

  /**
   * Says that the running set is good, or one that is kept.
   *
   * @param number of the set; 0: the running one
   * @throws busbar.api.VfioException {@code ENOENT} no such set; {@code ENOSPC} there is no room
   *     for the copies; {@code EIO} they cannot be written
   */
  BundleSet declareGood(long number, String who);

  /**
   * What {@link #restore} would do: the dry run.
   *
   * @param number of the set; 0: the last good one
   * @throws busbar.api.VfioException {@code ENOENT} no such set
   */
  BundlePlan planRestore(long number);

  /**
   * Goes back to a set. If a step fails, those before it are taken back.
   *
   * @return what was done, as the journal of swaps has it, with the command that takes it back
   * @throws busbar.api.VfioException as {@link #planRestore}; {@code EBUSY} another such change is
   *     under way, or what differs cannot be exchanged while others use it; {@code EIO} a step
   *     failed
   */
  SwapRecord restore(long number, String who);

  /**
   * What {@link #apply} would do: the dry run.
   *
   * @param feature a feature file
   * @param repository a folder in the layout of a Maven repository; {@code null}: the one that the
   *     appliance was started from
   * @throws busbar.api.VfioException {@code ENOENT} no such file, or no such bundle in the
   *     repository; {@code EINVAL} the file is no feature
   */
  BundlePlan planFeature(Path feature, Path repository);

  /**
   * Makes the running bundles those of a feature: what differs is updated in place, what is new is
   * installed, what is gone is uninstalled last. If a step fails, those before it are taken back.
   *
   * @return as {@link #restore}
   * @throws busbar.api.VfioException as {@link #planFeature} and {@link #restore}
   */
  SwapRecord apply(Path feature, Path repository, String who);
}

package busbar.shell;

import busbar.api.Errno;
import busbar.api.admin.BundlePlan;
import busbar.api.admin.BundlePlan.Action;
import busbar.api.admin.BundlePlan.Step;
import busbar.api.admin.BundleSet;
import busbar.api.admin.BundleSets;
import busbar.api.swap.SwapRecord;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Two sets, the first of them good; changes are only noted. */
final class FakeBundles implements BundleSets {
  final List<String> asked = new ArrayList<>();
  boolean possible = true;

  @Override
  public List<BundleSet> sets() {
    var pci = new BundleSet.Member("busbar.pci", "1.0.0", "file:pci.jar", 1, true, "0123456789abc");
    return List.of(
        new BundleSet(1, Instant.EPOCH, true, "it ran well", List.of(pci)),
        new BundleSet(2, Instant.EPOCH, false, "before feature pc", List.of(pci)));
  }

  @Override
  public BundleSet declareGood(long number, String who) {
    asked.add("good " + number + " " + who);
    return sets().get(1);
  }

  private BundlePlan plan(String target) {
    return new BundlePlan(
        target,
        List.of(new Step(Action.UPDATE, "busbar.pci", "1.0.1", "1.0.0", "file:pci.jar")),
        possible,
        possible ? "1 step" : "others use what it exports",
        List.of());
  }

  @Override
  public BundlePlan planRestore(long number) {
    return plan("set " + number);
  }

  @Override
  public SwapRecord restore(long number, String who) {
    asked.add("restore " + number + " " + who);
    throw Errno.EBUSY.because("another change of bundles is under way");
  }

  @Override
  public BundlePlan planFeature(Path feature, Path repository) {
    return plan("feature " + feature);
  }

  @Override
  public SwapRecord apply(Path feature, Path repository, String who) {
    asked.add("apply " + feature + " " + repository + " " + who);
    throw Errno.EIO.because("busbar.pci does not start; everything is as it was");
  }
}

package busbar.shell;

import busbar.api.Errno;
import busbar.api.admin.BundleSets;
import busbar.api.admin.MigrationAdmin;
import busbar.api.admin.VfioAdmin;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import busbar.api.swap.SwapAdmin;
import java.util.List;
import java.util.Optional;

/** What the commands work on, as it is at the moment of a call. */
interface Services {
  VfioAdmin vfio();

  Optional<MdevAdmin> mdev();

  List<Iommu> iommus();

  default Optional<SwapAdmin> swaps() {
    return Optional.empty();
  }

  default Optional<MigrationAdmin> migrations() {
    return Optional.empty();
  }

  default Optional<BundleSets> bundles() {
    return Optional.empty();
  }

  /** The mediated bus, or {@code ENODEV} with what is missing. */
  default MdevAdmin requireMdev() {
    return mdev()
        .orElseThrow(
            () ->
                Errno.ENODEV.because("no mediated bus here: the bundle busbar.mdev is not active"));
  }

  /** The edge of swapping, or {@code ENODEV} with what is missing. */
  default SwapAdmin requireSwaps() {
    return swaps().orElseThrow(() -> Errno.ENODEV.because("no registry here that swaps"));
  }

  /** The edge on which devices move, or {@code ENODEV} with what is missing. */
  default MigrationAdmin requireMigrations() {
    return migrations().orElseThrow(() -> Errno.ENODEV.because("no registry here moves devices"));
  }

  /** The sets of bundles, or {@code ENODEV} with what is missing. */
  default BundleSets requireBundles() {
    return bundles()
        .orElseThrow(
            () ->
                Errno.ENODEV.because(
                    "no sets of bundles here: the bundle busbar.provision is not active"));
  }
}

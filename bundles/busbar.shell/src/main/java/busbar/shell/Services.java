package busbar.shell;

import busbar.api.Errno;
import busbar.api.admin.VfioAdmin;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import java.util.List;
import java.util.Optional;

/** What the commands work on, as it is at the moment of a call. */
interface Services {
  VfioAdmin vfio();

  Optional<MdevAdmin> mdev();

  List<Iommu> iommus();

  /** The mediated bus, or {@code ENODEV} with what is missing. */
  default MdevAdmin requireMdev() {
    return mdev()
        .orElseThrow(
            () ->
                Errno.ENODEV.because("no mediated bus here: the bundle busbar.mdev is not active"));
  }
}

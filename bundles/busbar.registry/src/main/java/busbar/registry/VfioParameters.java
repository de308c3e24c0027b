package busbar.registry;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters;
import java.util.List;
import java.util.Locale;

/** The parameters of module {@code vfio}: the core's own. */
final class VfioParameters implements ModuleParameters {
  private static final String NO_IOMMU = "enable_unsafe_noiommu_mode";

  private volatile boolean noIommu;

  boolean allowsNoIommu() {
    return noIommu;
  }

  @Override
  public String module() {
    return "vfio";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter(
            NO_IOMMU,
            noIommu ? "Y" : "N",
            "N",
            "Give users devices that no IOMMU isolates; they can then write all memory."));
  }

  @Override
  public void set(String name, String value) {
    if (!name.equals(NO_IOMMU)) {
      throw Errno.ENOENT.because("module vfio has no parameter %s", name);
    }
    noIommu = bool(name, value);
  }

  /** As the kernel reads a boolean: by its first letter. */
  private static boolean bool(String name, String value) {
    String text = value.toLowerCase(Locale.ROOT);
    if (text.startsWith("y")
        || text.startsWith("t")
        || text.startsWith("1")
        || text.startsWith("on")) {
      return true;
    }
    if (text.startsWith("n")
        || text.startsWith("f")
        || text.startsWith("0")
        || text.startsWith("of")) {
      return false;
    }
    throw Errno.EINVAL.because("%s is a boolean, \"%s\" is none", name, value);
  }
}

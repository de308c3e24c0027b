package busbar.api.admin;

import java.util.List;

/**
 * Why a device is in its state.
 *
 * @param findings in the order in which the registry looked
 */
public record Explanation(DeviceView device, List<Finding> findings) {
  /**
   * One answer.
   *
   * @param asked who or what was asked: {@code "driver vfio-pci"}, {@code "group 12"}, {@code
   *     "backend vfio-iommu-type1"}
   * @param because the answer in a sentence
   */
  public record Finding(String asked, Verdict verdict, String because) {}

  /** What an answer means for the device's use. */
  public enum Verdict {
    YES,
    NO,
    NOTE
  }
}

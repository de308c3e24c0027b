package busbar.tour;

import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuFault;
import java.util.Comparator;
import java.util.List;

/** What the IOMMUs reported. */
final class Faults {
  private Faults() {}

  private static List<IommuFault> all(Place place) {
    return place.iommus().stream().map(Iommu::recentFaults).flatMap(List::stream).toList();
  }

  static int count(Place place) {
    return all(place).size();
  }

  static String last(Place place) {
    return all(place).stream()
        .max(Comparator.comparingLong(IommuFault::nanoTime))
        .map(fault -> "%s at 0x%x: %s".formatted(fault.device(), fault.iova(), fault.reason()))
        .orElse("none");
  }
}

package busbar.tour;

import busbar.api.admin.DeviceView;
import busbar.api.client.ClientPolicy;
import busbar.api.device.GroupType;
import busbar.client.DeviceSession;
import busbar.client.IommuType;

/**
 * How one device is opened.
 *
 * @param node of its group
 * @param type of the container
 */
record Way(String node, IommuType type) {
  private static final String DMA_WINDOWS = "spapr-tce";

  /** The way to a device that a VFIO driver has. */
  static Way to(Place place, DeviceView device) {
    return place.admin().groups().stream()
        .filter(group -> group.devices().contains(device.name()))
        .findFirst()
        .map(group -> new Way(group.node(), type(place, device, group.type())))
        .orElseThrow(() -> new IllegalStateException(device.name() + " has no node"));
  }

  private static IommuType type(Place place, DeviceView device, GroupType type) {
    if (type == GroupType.NO_IOMMU) {
      return IommuType.NO_IOMMU;
    }
    boolean windows =
        place.iommus().stream()
            .filter(iommu -> iommu.kind().equals(DMA_WINDOWS))
            .flatMap(iommu -> iommu.groups().stream())
            .anyMatch(group -> group.devices().contains(device.name()));
    return windows ? IommuType.SPAPR_TCE_V2 : IommuType.TYPE1_V2;
  }

  DeviceSession open(Place place, DeviceView device, String client) {
    return DeviceSession.open(
        place.vfio(), ClientPolicy.privileged(client), node, device.name(), type);
  }

  String tell(DeviceView device) {
    return "container, group " + node + " and " + device.name() + " by " + type;
  }
}

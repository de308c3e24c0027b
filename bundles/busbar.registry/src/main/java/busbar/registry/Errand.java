package busbar.registry;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.device.GroupType;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Opens a device that nobody has open, as any user would. */
final class Errand {
  /** The kinds of backend, those that most hosts have first. */
  private static final int[] TYPES = {
    VfioHeader.VFIO_TYPE1v2_IOMMU,
    VfioHeader.VFIO_SPAPR_TCE_v2_IOMMU,
    VfioHeader.VFIO_TYPE1_IOMMU,
    VfioHeader.VFIO_SPAPR_TCE_IOMMU,
    VfioHeader.VFIO_NOIOMMU_IOMMU
  };

  private Errand() {}

  /** Opens it; closing the client closes it again. */
  static void open(VfioClient client, DeviceObject device) {
    int container = client.openContainer();
    String prefix = device.groupType() == GroupType.NO_IOMMU ? "noiommu-" : "";
    int group = client.open("/dev/vfio/" + prefix + device.groupId(), OpenMode.READ_WRITE);
    MemorySegment number = MemorySegment.ofArray(new byte[4]);
    number.set(ValueLayout.JAVA_INT_UNALIGNED, 0, container);
    client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, number);
    setIommu(client, container, device);
    byte[] name = (device.name() + "\0").getBytes(StandardCharsets.UTF_8);
    client.ioctl(group, VfioHeader.VFIO_GROUP_GET_DEVICE_FD, MemorySegment.ofArray(name));
  }

  private static void setIommu(VfioClient client, int container, DeviceObject device) {
    VfioException last = Errno.ENODEV.because("no backend serves %s", device.name());
    for (int type : TYPES) {
      try {
        client.ioctl(container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(type));
        return;
      } catch (VfioException e) {
        last = e;
      }
    }
    throw last;
  }
}

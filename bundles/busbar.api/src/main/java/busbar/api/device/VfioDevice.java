package busbar.api.device;

import busbar.api.bus.BusDevice;
import busbar.api.memory.Access;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The core's side of one device, {@code struct vfio_device}: what a driver asks of the core. Any
 * thread.
 */
@ProviderType
public interface VfioDevice {
  /** The name for {@code GROUP_GET_DEVICE_FD}: the parent's ({@code "0000:00:04.0"}, a UUID). */
  String name();

  /** The device on its bus. */
  BusDevice parent();

  /** The IOMMU group's id. */
  int groupId();

  /** Whether the group is real, emulated (mediated) or unprotected. */
  GroupType groupType();

  /** Whether a file of it is open. */
  boolean isOpen();

  /**
   * Whether a driver that probes it now takes it over from another one, in the middle of its use:
   * the hardware is to be left as it is, its state comes with {@link
   * busbar.api.state.HandoverOps#restore}. The device stays in its set, whatever {@link #assignSet}
   * says.
   */
  default boolean isTakenOver() {
    return false;
  }

  /**
   * Joins the set of devices that share a reset domain; during {@code probe} only. Devices that
   * never call it are alone in a set of their own.
   *
   * @param setId equal ids, same set
   */
  void assignSet(Object setId);

  /** The set; alone in it before {@link #assignSet}. */
  DeviceSet set();

  /**
   * Revokes every mapping of the device file: the next access to each asks {@link
   * MappedRegion#fault} again. When it returns no access is under way any more.
   */
  void zap();

  /**
   * Pins pages of the container's address space for an emulated device.
   *
   * @param iova page-aligned
   * @param pages how many, 1 to 512
   * @return one segment of a page's size for each
   * @throws busbar.api.VfioException {@code EINVAL} if the device is not open, its driver has no
   *     {@link DmaUnmapOps} or a page is not mapped; {@code E2BIG} for more than 512; {@code
   *     ENOTTY} if the backend cannot pin; the backend's errno
   */
  MemorySegment[] pinPages(long iova, int pages, Access access);

  /** Lets pages go that {@link #pinPages} pinned. */
  void unpinPages(long iova, int pages);

  /**
   * Reads or writes the container's address space on behalf of an emulated device.
   *
   * @param access {@code READ} fills the buffer, {@code WRITE} stores it
   * @throws busbar.api.VfioException {@code EINVAL} if not open or the buffer is empty, {@code
   *     ENOTTY} if the backend cannot, the backend's errno else
   */
  void dmaRw(long iova, MemorySegment buffer, Access access);
}

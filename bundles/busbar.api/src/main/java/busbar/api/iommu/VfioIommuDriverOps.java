package busbar.api.iommu;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.device.GroupType;
import busbar.api.device.MappedRegion;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * {@code struct vfio_iommu_driver_ops}: an IOMMU backend. Registering the object as a service under
 * this type is all that a backend does to exist; the registry asks the newest first (service
 * ranking, then age).
 *
 * <p>{@code I} is what C calls {@code iommu_data}: one for each container that chose this backend.
 * {@link #attachGroup}, {@link #detachGroup} and {@link #release} of one instance never overlap;
 * {@link #ioctl} is called by many threads at once, also during them. Failures are {@link
 * busbar.api.VfioException}. Page pinning for mediated devices is {@link PagePinningOps}, swap is
 * {@link busbar.api.state.HandoverOps}.
 *
 * @param <I> the backend's data of one container
 */
@ConsumerType
public interface VfioIommuDriverOps<I> {
  /** Service property: the kind of backend, for people ({@code "type1"}). */
  String IOMMU = "vfio.iommu";

  /** Service property: the version, for people. */
  String VERSION = "vfio.version";

  /** The backend's name, {@code "vfio-iommu-type1"}. Never changes. */
  String name();

  /** Who provides it, for people: the bundle's symbolic name and version. */
  String owner();

  /**
   * A container chose this backend.
   *
   * @param type the id of {@code VFIO_SET_IOMMU}
   * @throws busbar.api.VfioException {@code EINVAL} for a type that it does not serve, {@code
   *     EPERM}, {@code ENOMEM}
   */
  I open(int type, Caller caller);

  /**
   * The container lets go: everything is unmapped and unpinned. All groups may still be attached.
   */
  void release(I iommu);

  /** {@code read(2)} on the container file; nothing in the kernel implements it. */
  default int read(I iommu, Caller caller, MemorySegment buffer) {
    throw Errno.EINVAL.because("%s has no read", name());
  }

  /** {@code write(2)} on the container file. */
  default int write(I iommu, Caller caller, MemorySegment buffer) {
    throw Errno.EINVAL.because("%s has no write", name());
  }

  /**
   * An ioctl on the container file.
   *
   * @param iommu {@code null} for {@code VFIO_CHECK_EXTENSION} before a container has chosen
   * @return 0 or a positive result
   * @throws busbar.api.VfioException {@code ENOTTY} for a command that it does not know
   */
  long ioctl(I iommu, Caller caller, int command, MemorySegment argument);

  /** {@code mmap(2)} on the container file; {@code ENODEV} is what a file without it answers. */
  default MappedRegion mmap(I iommu, Caller caller, MmapRequest request) {
    throw Errno.ENODEV.because("%s has no mmap", name());
  }

  /**
   * Puts a group behind the container's mappings.
   *
   * @param group for an emulated or unprotected group, one whose {@link IommuGroup#iommu()} is
   *     empty
   * @throws busbar.api.VfioException any errno; nothing is left attached then
   */
  void attachGroup(I iommu, IommuGroup group, GroupType type);

  /** Takes it out again. Must not fail. */
  void detachGroup(I iommu, IommuGroup group);
}

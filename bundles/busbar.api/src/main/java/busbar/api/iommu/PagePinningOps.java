package busbar.api.iommu;

import busbar.api.memory.Access;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: a backend through which mediated devices reach memory.
 *
 * @param <I> the backend's data of one container
 */
@ConsumerType
public interface PagePinningOps<I> {
  /** Must let go what it pinned in a range that the user unmaps. */
  @FunctionalInterface
  interface UnmapListener {
    void dmaUnmap(long iova, long length);
  }

  /** A device that pins pages was opened ({@code register_device}). */
  void registerDevice(I iommu, UnmapListener listener);

  /** It was closed. */
  void unregisterDevice(I iommu, UnmapListener listener);

  /**
   * Pins pages, all or none.
   *
   * @param group the device's group
   * @return the physical address of each page
   * @throws busbar.api.VfioException as section C.9 of the facts orders them: {@code EINVAL},
   *     {@code EACCES} on a v1 instance, {@code EOVERFLOW}, {@code EBUSY}, {@code EPERM}, {@code
   *     ENOMEM}, …
   */
  long[] pinPages(I iommu, IommuGroup group, long iova, int pages, Access access);

  void unpinPages(I iommu, long iova, int pages);

  /**
   * Reads or writes through the mappings; {@code EINVAL}, {@code EPERM}, {@code EFAULT}, {@code
   * EBUSY}.
   */
  void dmaRw(I iommu, long iova, MemorySegment buffer, Access access);
}

package busbar.api.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: an emulated device that pins pages learns of their unmapping.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface DmaUnmapOps<D> {
  /** The user unmaps the range: every page pinned in it must be unpinned before this returns. */
  void dmaUnmap(D device, long iova, long length);
}

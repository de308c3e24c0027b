package busbar.machine.model;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Memory as one device sees it. Every access goes through the IOMMU that the device is behind;
 * there is no other way. Any thread, no lock.
 */
@ProviderType
public interface DmaPort {
  /**
   * Reads memory into a buffer.
   *
   * @return whether all of it could be read; a refused access is reported as a fault of the IOMMU,
   *     the bytes that hardware could not read are all ones
   */
  boolean read(long iova, MemorySegment target, long targetOffset, long length);

  /**
   * Writes memory from a buffer.
   *
   * @return whether all of it could be written; what was refused is dropped
   */
  boolean write(long iova, MemorySegment source, long sourceOffset, long length);
}

package busbar.api.memory;

import org.osgi.annotation.versioning.ProviderType;

/** Device memory as it lies in an address space: each page leads to a window, or is revoked now. */
@ProviderType
public interface DeviceMemory {
  /**
   * The window behind an offset of the mapping, faulting it in if need be.
   *
   * @throws MemoryFaultException {@code SIGBUS} while the device refuses access
   */
  MmioWindow windowAt(long offset);

  /** The offset in that window which stands for the same byte. */
  long windowOffset(long offset);
}

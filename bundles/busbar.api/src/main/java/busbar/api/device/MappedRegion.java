package busbar.api.device;

import busbar.api.memory.MmioWindow;
import org.osgi.annotation.versioning.ConsumerType;

/** Where the accesses of a mapping lead: what a C driver's fault handler decides. Any thread. */
@ConsumerType
public interface MappedRegion {
  /**
   * A first access since the mapping was made or {@link VfioDevice#zap} was called.
   *
   * @param offset in the mapping
   * @return the window that accesses reach until the next zap
   * @throws busbar.api.memory.MemoryFaultException {@code SIGBUS} while access is refused; nothing
   *     is cached and the next access asks again
   */
  MmioWindow fault(long offset);

  /** The offset in that window which stands for {@code offset} of the mapping. */
  long windowOffset(long offset);
}

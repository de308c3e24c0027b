package busbar.api.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * An ordinary driver of the host, which is not VFIO's: a service of the hardware provider. A group
 * one of whose members is bound to it cannot be given to a user, unless it manages DMA itself.
 */
@ConsumerType
public interface HostDriver {
  /** {@code "virtio-pci"}. */
  String name();

  String bus();

  /** Whether it takes the device of itself when nothing else is asked. */
  boolean matches(BusDevice device);

  /** How the driver stands to DMA. */
  DmaUse dmaUse();

  /** Whether it takes devices of itself at start, or only when told to. */
  default boolean bindsAtStart(BusDevice device) {
    return false;
  }

  /** See {@link #dmaUse}. */
  enum DmaUse {
    /** It does DMA through the kernel: it owns its group. */
    OWNS,
    /** It does none, or manages it itself (a port driver, a stub): VFIO may use the group. */
    MANAGES_ITSELF
  }
}

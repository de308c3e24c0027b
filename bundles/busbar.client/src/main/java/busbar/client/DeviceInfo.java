package busbar.client;

import busbar.uapi.VfioHeader;

/**
 * What a device is.
 *
 * @param flags {@code VFIO_DEVICE_FLAGS_*}
 * @param regions how many region indexes it has
 * @param irqs how many interrupt indexes it has
 */
public record DeviceInfo(int flags, int regions, int irqs) {
  /** Whether {@link Device#reset} works. */
  public boolean canReset() {
    return (flags & VfioHeader.VFIO_DEVICE_FLAGS_RESET) != 0;
  }

  public boolean isPci() {
    return (flags & VfioHeader.VFIO_DEVICE_FLAGS_PCI) != 0;
  }
}

package busbar.client;

import busbar.uapi.VfioHeader;

/**
 * What an interrupt index is.
 *
 * @param flags {@code VFIO_IRQ_INFO_*}
 * @param count how many interrupts it has
 */
public record IrqInfo(int index, int flags, int count) {
  public boolean isMaskable() {
    return (flags & VfioHeader.VFIO_IRQ_INFO_MASKABLE) != 0;
  }

  /** Whether an interrupt masks itself until {@link Interrupts#unmask}. */
  public boolean isAutomasked() {
    return (flags & VfioHeader.VFIO_IRQ_INFO_AUTOMASKED) != 0;
  }
}

package busbar.client;

import busbar.uapi.VfioHeader;

/** What a device may do with mapped memory. */
public enum DmaAccess {
  READ(VfioHeader.VFIO_DMA_MAP_FLAG_READ),
  WRITE(VfioHeader.VFIO_DMA_MAP_FLAG_WRITE),
  READ_WRITE(VfioHeader.VFIO_DMA_MAP_FLAG_READ | VfioHeader.VFIO_DMA_MAP_FLAG_WRITE);

  private final int flags;

  DmaAccess(int flags) {
    this.flags = flags;
  }

  int flags() {
    return flags;
  }
}

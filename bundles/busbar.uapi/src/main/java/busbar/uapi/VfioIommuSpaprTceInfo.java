package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Answer of {@code VFIO_IOMMU_SPAPR_TCE_GET_INFO} on a container with the sPAPR backend.
 *
 * <p>Source: {@code struct vfio_iommu_spapr_tce_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags out: {@code VFIO_IOMMU_SPAPR_INFO_DDW} if there are dynamic windows and {@code ddw}
 *     is valid
 * @param dma32WindowStart out: first bus address of the default window
 * @param dma32WindowSize out: bytes of the default window
 * @param ddw out: dynamic windows
 */
public record VfioIommuSpaprTceInfo(
    int argsz, int flags, int dma32WindowStart, int dma32WindowSize, VfioIommuSpaprTceDdwInfo ddw) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DMA32_WINDOW_START = 8;
  public static final long OFFSET_DMA32_WINDOW_SIZE = 12;
  public static final long OFFSET_DDW = 16;
  public static final long SIZE = 32;

  /**
   * Smallest {@code argsz} accepted, in bytes: without {@code ddw}, which is written only if {@code
   * argsz} covers it.
   */
  public static final int MIN_ARGSZ = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("dma32_window_start"),
              U32.withName("dma32_window_size"),
              VfioIommuSpaprTceDdwInfo.LAYOUT.withName("ddw"))
          .withName("vfio_iommu_spapr_tce_info");

  public static VfioIommuSpaprTceInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuSpaprTceInfo decode(MemorySegment s, long at) {
    return new VfioIommuSpaprTceInfo(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_DMA32_WINDOW_START),
        s.get(U32, at + OFFSET_DMA32_WINDOW_SIZE),
        VfioIommuSpaprTceDdwInfo.decode(s, at + OFFSET_DDW));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_DMA32_WINDOW_START, dma32WindowStart);
    s.set(U32, at + OFFSET_DMA32_WINDOW_SIZE, dma32WindowSize);
    ddw.encode(s, at + OFFSET_DDW);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The argument vfio_iommu_spapr_tce_info.
 *
 * <p>Source: {@code struct vfio_iommu_spapr_tce_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz {@code argsz}
 * @param flags {@code flags}
 * @param dma32WindowStart {@code dma32_window_start}
 * @param dma32WindowSize {@code dma32_window_size}
 * @param ddw {@code ddw}
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

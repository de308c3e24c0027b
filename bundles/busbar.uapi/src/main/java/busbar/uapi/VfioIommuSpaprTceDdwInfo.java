package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The part of {@link VfioIommuSpaprTceInfo} about dynamic DMA windows.
 *
 * <p>Source: {@code struct vfio_iommu_spapr_tce_ddw_info}, {@code <linux/vfio.h>}.
 *
 * @param pgsizes IOMMU page sizes of windows, the bit of each power of two bytes set
 * @param maxDynamicWindowsSupported windows at a time, the default one included
 * @param levels most levels that a window's table can have
 */
public record VfioIommuSpaprTceDdwInfo(long pgsizes, int maxDynamicWindowsSupported, int levels) {

  public static final long OFFSET_PGSIZES = 0;
  public static final long OFFSET_MAX_DYNAMIC_WINDOWS_SUPPORTED = 8;
  public static final long OFFSET_LEVELS = 12;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("pgsizes"),
              U32.withName("max_dynamic_windows_supported"),
              U32.withName("levels"))
          .withName("vfio_iommu_spapr_tce_ddw_info");

  public static VfioIommuSpaprTceDdwInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuSpaprTceDdwInfo decode(MemorySegment s, long at) {
    return new VfioIommuSpaprTceDdwInfo(
        s.get(U64, at + OFFSET_PGSIZES),
        s.get(U32, at + OFFSET_MAX_DYNAMIC_WINDOWS_SUPPORTED),
        s.get(U32, at + OFFSET_LEVELS));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_PGSIZES, pgsizes);
    s.set(U32, at + OFFSET_MAX_DYNAMIC_WINDOWS_SUPPORTED, maxDynamicWindowsSupported);
    s.set(U32, at + OFFSET_LEVELS, levels);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * An entry of {@link IommuHwptInvalidate} with {@code IOMMU_HWPT_INVALIDATE_DATA_VTD_S1}.
 *
 * <p>Source: {@code struct iommu_hwpt_vtd_s1_invalidate}, {@code <linux/iommufd.h>}.
 *
 * @param addr first address, 0 with all pages for everything
 * @param npages pages of 4 KiB, 2<sup>64</sup>-1 for all
 * @param flags {@code IOMMU_VTD_INV_FLAGS_LEAF} if only leaf entries have changed
 * @param reserved must be 0
 */
public record IommuHwptVtdS1Invalidate(long addr, long npages, int flags, int reserved) {

  public static final long OFFSET_ADDR = 0;
  public static final long OFFSET_NPAGES = 8;
  public static final long OFFSET_FLAGS = 16;
  public static final long OFFSET_RESERVED = 20;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("addr"),
              U64.withName("npages"),
              U32.withName("flags"),
              U32.withName("__reserved"))
          .withName("iommu_hwpt_vtd_s1_invalidate");

  public static IommuHwptVtdS1Invalidate decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptVtdS1Invalidate decode(MemorySegment s, long at) {
    return new IommuHwptVtdS1Invalidate(
        s.get(U64, at + OFFSET_ADDR),
        s.get(U64, at + OFFSET_NPAGES),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_ADDR, addr);
    s.set(U64, at + OFFSET_NPAGES, npages);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}

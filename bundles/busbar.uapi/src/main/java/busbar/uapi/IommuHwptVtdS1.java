package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of {@link IommuHwptAlloc} with {@code IOMMU_HWPT_DATA_VTD_S1}: a first-stage table of Intel
 * VT-d that the client keeps.
 *
 * <p>Source: {@code struct iommu_hwpt_vtd_s1}, {@code <linux/iommufd.h>}.
 *
 * @param flags {@code IOMMU_VTD_S1_SRE}, {@code EAFE}, {@code WPE}: bits of the PASID entry
 * @param pgtblAddr where the table starts, in addresses of the nesting parent
 * @param addrWidth input address width in bits
 * @param reserved must be 0
 */
public record IommuHwptVtdS1(long flags, long pgtblAddr, int addrWidth, int reserved) {

  public static final long OFFSET_FLAGS = 0;
  public static final long OFFSET_PGTBL_ADDR = 8;
  public static final long OFFSET_ADDR_WIDTH = 16;
  public static final long OFFSET_RESERVED = 20;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("flags"),
              U64.withName("pgtbl_addr"),
              U32.withName("addr_width"),
              U32.withName("__reserved"))
          .withName("iommu_hwpt_vtd_s1");

  public static IommuHwptVtdS1 decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptVtdS1 decode(MemorySegment s, long at) {
    return new IommuHwptVtdS1(
        s.get(U64, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_PGTBL_ADDR),
        s.get(U32, at + OFFSET_ADDR_WIDTH),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_PGTBL_ADDR, pgtblAddr);
    s.set(U32, at + OFFSET_ADDR_WIDTH, addrWidth);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}

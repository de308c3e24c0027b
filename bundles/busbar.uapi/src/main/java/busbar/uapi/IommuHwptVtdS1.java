package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The argument iommu_hwpt_vtd_s1.
 *
 * <p>Source: {@code struct iommu_hwpt_vtd_s1}, {@code <linux/iommufd.h>}.
 *
 * @param flags {@code flags}
 * @param pgtblAddr {@code pgtbl_addr}
 * @param addrWidth {@code addr_width}
 * @param reserved {@code __reserved}
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

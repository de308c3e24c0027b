package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of {@link IommuHwInfo} for Intel VT-d.
 *
 * <p>Source: {@code struct iommu_hw_info_vtd}, {@code <linux/iommufd.h>}.
 *
 * @param flags {@code IOMMU_HW_INFO_VTD_ERRATA_*}
 * @param reserved must be 0
 * @param capReg capability register
 * @param ecapReg extended capability register
 */
public record IommuHwInfoVtd(int flags, int reserved, long capReg, long ecapReg) {

  public static final long OFFSET_FLAGS = 0;
  public static final long OFFSET_RESERVED = 4;
  public static final long OFFSET_CAP_REG = 8;
  public static final long OFFSET_ECAP_REG = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("flags"),
              U32.withName("__reserved"),
              U64.withName("cap_reg"),
              U64.withName("ecap_reg"))
          .withName("iommu_hw_info_vtd");

  public static IommuHwInfoVtd decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwInfoVtd decode(MemorySegment s, long at) {
    return new IommuHwInfoVtd(
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_CAP_REG),
        s.get(U64, at + OFFSET_ECAP_REG));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_CAP_REG, capReg);
    s.set(U64, at + OFFSET_ECAP_REG, ecapReg);
  }
}

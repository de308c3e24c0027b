package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of {@link IommuHwInfo} for AMD IOMMUs.
 *
 * <p>Source: {@code struct iommu_hw_info_amd}, {@code <linux/iommufd.h>}.
 *
 * @param efr extended feature register
 * @param efr2 extended feature register 2
 */
public record IommuHwInfoAmd(long efr, long efr2) {

  public static final long OFFSET_EFR = 0;
  public static final long OFFSET_EFR2 = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("efr"), U64.withName("efr2"))
          .withName("iommu_hw_info_amd");

  public static IommuHwInfoAmd decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwInfoAmd decode(MemorySegment s, long at) {
    return new IommuHwInfoAmd(s.get(U64, at + OFFSET_EFR), s.get(U64, at + OFFSET_EFR2));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_EFR, efr);
    s.set(U64, at + OFFSET_EFR2, efr2);
  }
}

package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;

/**
 * Data of {@link IommuHwptAlloc} with {@code IOMMU_HWPT_DATA_AMD_GUEST}.
 *
 * <p>Source: {@code struct iommu_hwpt_amd_guest}, {@code <linux/iommufd.h>}.
 *
 * @param dte four 64-bit words of the device table entry, host-endian, in memory order
 */
public record IommuHwptAmdGuest(byte[] dte) {

  public static final long OFFSET_DTE = 0;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(4, U64).withName("dte"))
          .withName("iommu_hwpt_amd_guest");

  public IommuHwptAmdGuest {
    dte = Abi.copyOf(dte, 32);
  }

  public static IommuHwptAmdGuest decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptAmdGuest decode(MemorySegment s, long at) {
    return new IommuHwptAmdGuest(Abi.bytes(s, at + OFFSET_DTE, 32));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    Abi.put(dte, s, at + OFFSET_DTE);
  }

  @Override
  public byte[] dte() {
    return dte.clone();
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuHwptAmdGuest o && Arrays.equals(dte, o.dte);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dte);
  }
}

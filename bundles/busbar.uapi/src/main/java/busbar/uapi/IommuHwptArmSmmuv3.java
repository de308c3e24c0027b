package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;

/**
 * Data of {@link IommuHwptAlloc} with {@code IOMMU_HWPT_DATA_ARM_SMMUV3}.
 *
 * <p>Source: {@code struct iommu_hwpt_arm_smmuv3}, {@code <linux/iommufd.h>}.
 *
 * @param ste first two 64-bit words of the stream table entry, little-endian, in memory order
 */
public record IommuHwptArmSmmuv3(byte[] ste) {

  public static final long OFFSET_STE = 0;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(2, U64).withName("ste"))
          .withName("iommu_hwpt_arm_smmuv3");

  public IommuHwptArmSmmuv3 {
    ste = Abi.copyOf(ste, 16);
  }

  public static IommuHwptArmSmmuv3 decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwptArmSmmuv3 decode(MemorySegment s, long at) {
    return new IommuHwptArmSmmuv3(Abi.bytes(s, at + OFFSET_STE, 16));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    Abi.put(ste, s, at + OFFSET_STE);
  }

  @Override
  public byte[] ste() {
    return ste.clone();
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuHwptArmSmmuv3 o && Arrays.equals(ste, o.ste);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ste);
  }
}

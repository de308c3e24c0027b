package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * Data of {@link IommuHwInfo} for Arm SMMUv3.
 *
 * <p>Source: {@code struct iommu_hw_info_arm_smmuv3}, {@code <linux/iommufd.h>}.
 *
 * @param flags {@code IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_*}
 * @param reserved must be 0
 * @param idr identification registers IDR0 to IDR5, six 32-bit words, host-endian, in memory order
 * @param iidr implementation identification register
 * @param aidr architecture identification register
 */
public record IommuHwInfoArmSmmuv3(int flags, int reserved, byte[] idr, int iidr, int aidr) {

  public static final long OFFSET_FLAGS = 0;
  public static final long OFFSET_RESERVED = 4;
  public static final long OFFSET_IDR = 8;
  public static final long OFFSET_IIDR = 32;
  public static final long OFFSET_AIDR = 36;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("flags"),
              U32.withName("__reserved"),
              MemoryLayout.sequenceLayout(6, U32).withName("idr"),
              U32.withName("iidr"),
              U32.withName("aidr"))
          .withName("iommu_hw_info_arm_smmuv3");

  public IommuHwInfoArmSmmuv3 {
    idr = Abi.copyOf(idr, 24);
  }

  public static IommuHwInfoArmSmmuv3 decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwInfoArmSmmuv3 decode(MemorySegment s, long at) {
    return new IommuHwInfoArmSmmuv3(
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_RESERVED),
        Abi.bytes(s, at + OFFSET_IDR, 24),
        s.get(U32, at + OFFSET_IIDR),
        s.get(U32, at + OFFSET_AIDR));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    Abi.put(idr, s, at + OFFSET_IDR);
    s.set(U32, at + OFFSET_IIDR, iidr);
    s.set(U32, at + OFFSET_AIDR, aidr);
  }

  @Override
  public byte[] idr() {
    return idr.clone();
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuHwInfoArmSmmuv3 o
        && flags == o.flags
        && reserved == o.reserved
        && Arrays.equals(idr, o.idr)
        && iidr == o.iidr
        && aidr == o.aidr;
  }

  @Override
  public int hashCode() {
    return Objects.hash(flags, reserved, Arrays.hashCode(idr), iidr, aidr);
  }
}

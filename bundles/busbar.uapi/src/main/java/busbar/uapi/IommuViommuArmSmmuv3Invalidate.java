package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;

/**
 * An entry of {@link IommuHwptInvalidate} with {@code IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3}.
 *
 * <p>Source: {@code struct iommu_viommu_arm_smmuv3_invalidate}, {@code <linux/iommufd.h>}.
 *
 * @param cmd the command, two 64-bit words, little-endian, in memory order
 */
public record IommuViommuArmSmmuv3Invalidate(byte[] cmd) {

  public static final long OFFSET_CMD = 0;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(2, U64).withName("cmd"))
          .withName("iommu_viommu_arm_smmuv3_invalidate");

  public IommuViommuArmSmmuv3Invalidate {
    cmd = Abi.copyOf(cmd, 16);
  }

  public static IommuViommuArmSmmuv3Invalidate decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuViommuArmSmmuv3Invalidate decode(MemorySegment s, long at) {
    return new IommuViommuArmSmmuv3Invalidate(Abi.bytes(s, at + OFFSET_CMD, 16));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    Abi.put(cmd, s, at + OFFSET_CMD);
  }

  @Override
  public byte[] cmd() {
    return cmd.clone();
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuViommuArmSmmuv3Invalidate o && Arrays.equals(cmd, o.cmd);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(cmd);
  }
}

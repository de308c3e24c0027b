package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;

/**
 * An event of type {@code IOMMU_VEVENTQ_TYPE_ARM_SMMUV3}; follows {@link IommufdVeventHeader}.
 *
 * <p>Source: {@code struct iommu_vevent_arm_smmuv3}, {@code <linux/iommufd.h>}.
 *
 * @param evt the event record, four 64-bit words, little-endian, in memory order
 */
public record IommuVeventArmSmmuv3(byte[] evt) {

  public static final long OFFSET_EVT = 0;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(4, U64).withName("evt"))
          .withName("iommu_vevent_arm_smmuv3");

  public IommuVeventArmSmmuv3 {
    evt = Abi.copyOf(evt, 32);
  }

  public static IommuVeventArmSmmuv3 decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuVeventArmSmmuv3 decode(MemorySegment s, long at) {
    return new IommuVeventArmSmmuv3(Abi.bytes(s, at + OFFSET_EVT, 32));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    Abi.put(evt, s, at + OFFSET_EVT);
  }

  @Override
  public byte[] evt() {
    return evt.clone();
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuVeventArmSmmuv3 o && Arrays.equals(evt, o.evt);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(evt);
  }
}

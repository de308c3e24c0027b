package busbar.machine.internal.iommu;

import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.IommuFeature;

/**
 * What a kind of IOMMU can do.
 *
 * @param pageSizes bit n: leaves of 2^n bytes
 * @param lastAddress the highest iova
 * @param snoopControl whether mappings can force cache coherency
 */
public record IommuHardware(
    String kind,
    int addressBits,
    long pageSizes,
    long lastAddress,
    boolean snoopControl,
    boolean dirtyBits,
    boolean isolatesMessages) {
  private static final long SIZES_4K_2M_1G = 0x40201000L;

  /** The hardware that a description means. */
  public static IommuHardware of(MachineDescription.IommuUnit unit) {
    boolean smmu = unit.kind().equals("smmuv3");
    return new IommuHardware(
        unit.kind(),
        unit.addressBits(),
        SIZES_4K_2M_1G,
        (1L << unit.addressBits()) - 1,
        !smmu,
        unit.features().contains(IommuFeature.DIRTY_BITS),
        smmu || unit.features().contains(IommuFeature.INTERRUPT_REMAPPING));
  }
}

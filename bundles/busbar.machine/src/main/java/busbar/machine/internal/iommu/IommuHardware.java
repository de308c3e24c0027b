package busbar.machine.internal.iommu;

import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.IommuFeature;

/**
 * What a kind of IOMMU can do.
 *
 * @param pageSizes bit n: leaves of 2^n bytes; 0 if it has no page tables
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
    boolean tables = smmu || unit.kind().equals("vt-d");
    return new IommuHardware(
        unit.kind(),
        unit.addressBits(),
        tables ? SIZES_4K_2M_1G : 0,
        tables ? (1L << unit.addressBits()) - 1 : 0,
        unit.features().contains(IommuFeature.SNOOP_CONTROL),
        unit.features().contains(IommuFeature.DIRTY_BITS),
        !unit.kind().equals("vt-d") || unit.features().contains(IommuFeature.INTERRUPT_REMAPPING));
  }
}

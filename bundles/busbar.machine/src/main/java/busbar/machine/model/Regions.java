package busbar.machine.model;

/**
 * Numbers of the regions of a PCI function as {@link DeviceModel} sees them. BARs have the numbers
 * 0 to 5; a platform device's resources have their index.
 */
public final class Regions {
  /** Legacy VGA memory; offset 0 is address 0xA0000, the last is 0x1FFFF. */
  public static final int VGA_MEMORY = 16;

  /** Legacy VGA ports; offset 0 is port 0x3B0, the last is 0x2F. */
  public static final int VGA_PORTS = 17;

  private Regions() {}
}

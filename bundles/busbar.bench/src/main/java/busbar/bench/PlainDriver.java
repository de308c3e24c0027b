package busbar.bench;

import busbar.api.Caller;
import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.pci.PciDevice;

/**
 * Takes every device and lets it do DMA: what a benchmark of the layers below needs of a driver.
 */
final class PlainDriver implements VfioBusDriver<PciDevice> {
  private static final int COMMAND = 4;
  private static final int MEMORY_AND_BUS_MASTER = 6;

  @Override
  public String name() {
    return "plain";
  }

  @Override
  public String bus() {
    return "pci";
  }

  @Override
  public int bid(BusDevice device) {
    return 1;
  }

  @Override
  public PciDevice probe(BusDevice device, VfioDevice vfio) {
    return (PciDevice) device;
  }

  @Override
  public void remove(PciDevice device) {}

  @Override
  public void open(PciDevice device, Caller caller) {
    device.enable();
    device.writeConfig(COMMAND, 2, MEMORY_AND_BUS_MASTER);
  }

  @Override
  public void release(PciDevice device) {
    device.disable();
  }
}

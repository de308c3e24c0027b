package busbar.load;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;

/** A successor of vfio-pci that is up to no good. Nobody is bound to it by itself. */
final class BadDriver extends BadSuccessor implements VfioBusDriver<BadSuccessor.Data> {
  BadDriver(Trouble trouble) {
    super(trouble, "vfio-pci");
  }

  @Override
  public String name() {
    return "bad-pci";
  }

  @Override
  public String bus() {
    return "pci";
  }

  @Override
  public int bid(BusDevice device) {
    return 0;
  }

  @Override
  public Data probe(BusDevice device, VfioDevice vfio) {
    if (!vfio.isTakenOver()) {
      throw Errno.ENODEV.because("a bad driver takes no device by itself");
    }
    trouble.inPreparation();
    return new Data();
  }

  @Override
  public void remove(Data data) {}

  @Override
  public void open(Data data, Caller caller) {
    throw Errno.ENODEV.because("a bad driver opens nothing");
  }

  @Override
  public void release(Data data) {}
}

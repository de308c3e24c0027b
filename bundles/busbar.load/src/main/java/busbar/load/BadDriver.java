package busbar.load;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;

/** A successor of vfio-pci that is up to no good. Nobody is bound to it by itself. */
final class BadDriver implements VfioBusDriver<BadDriver.Data>, HandoverOps<BadDriver.Data> {
  private static final String KIND = "vfio-pci";

  private final Trouble trouble;

  BadDriver(Trouble trouble) {
    this.trouble = trouble;
  }

  /** What it was given. */
  static final class Data {
    private volatile StateRecord state;
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

  @Override
  public int stateVersion() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String stateKind() {
    return KIND;
  }

  @Override
  public StateRecord save(Data data) {
    return data.state;
  }

  @Override
  public void restore(Data fresh, StateRecord state) {
    trouble.inRestore();
    fresh.state = state;
  }

  @Override
  public void resume(Data data) {}

  @Override
  public void forget(Data data) {}
}

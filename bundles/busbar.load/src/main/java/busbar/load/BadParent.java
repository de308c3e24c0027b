package busbar.load;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.util.List;

/** A successor of the parent mtty that is up to no good. */
final class BadParent implements MdevParent<BadParent.Data>, HandoverOps<BadParent.Data> {
  private final Trouble trouble;

  BadParent(Trouble trouble) {
    this.trouble = trouble;
  }

  /** What it was given. */
  static final class Data {
    private volatile StateRecord state;
  }

  @Override
  public String name() {
    return "mtty";
  }

  @Override
  public String path() {
    return "class/mtty/mtty";
  }

  @Override
  public String deviceApi() {
    return "vfio-pci";
  }

  @Override
  public List<MdevType> types() {
    return List.of(
        new MdevType("mtty-1", "Single port serial", ""),
        new MdevType("mtty-2", "Dual port serial", ""));
  }

  @Override
  public Data create(MdevType type, String uuid, VfioDevice vfio) {
    if (!vfio.isTakenOver()) {
      throw Errno.ENODEV.because("a bad parent makes no child by itself");
    }
    trouble.inPreparation();
    return new Data();
  }

  @Override
  public void remove(Data data) {}

  @Override
  public void open(Data data, Caller caller) {
    throw Errno.ENODEV.because("a bad parent opens nothing");
  }

  @Override
  public void release(Data data) {}

  @Override
  public int stateVersion() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String stateKind() {
    return "mtty";
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

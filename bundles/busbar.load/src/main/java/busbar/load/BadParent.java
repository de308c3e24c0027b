package busbar.load;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import java.util.List;

/** A successor of the parent mtty that is up to no good. */
final class BadParent extends BadSuccessor implements MdevParent<BadSuccessor.Data> {
  BadParent(Trouble trouble) {
    super(trouble, "mtty");
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
}

package busbar.load;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import java.lang.foreign.MemorySegment;

/** A successor of type1 that is up to no good. It serves no type, so nobody chooses it. */
final class BadBackend extends BadSuccessor implements VfioIommuDriverOps<BadSuccessor.Data> {
  BadBackend(Trouble trouble) {
    super(trouble, "vfio-iommu-type1");
  }

  @Override
  public String name() {
    return "bad-type1";
  }

  @Override
  public String owner() {
    return "busbar.load";
  }

  @Override
  public Data open(int type, Caller caller) {
    trouble.inPreparation();
    return new Data();
  }

  @Override
  public void release(Data data) {}

  @Override
  public long ioctl(Data data, Caller caller, int command, MemorySegment argument) {
    if (data == null) {
      return 0; // serves no type
    }
    throw Errno.ENOTTY.because("a bad backend knows no ioctl");
  }

  @Override
  public void attachGroup(Data data, IommuGroup group, GroupType type) {
    throw Errno.ENODEV.because("a bad backend attaches nothing");
  }

  @Override
  public void detachGroup(Data data, IommuGroup group) {}
}

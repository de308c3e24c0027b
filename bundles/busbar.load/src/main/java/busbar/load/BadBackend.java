package busbar.load;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;

/** A successor of type1 that is up to no good. It serves no type, so nobody chooses it. */
final class BadBackend
    implements VfioIommuDriverOps<BadBackend.Data>, HandoverOps<BadBackend.Data> {
  private static final String KIND = "vfio-iommu-type1";

  private final Trouble trouble;

  BadBackend(Trouble trouble) {
    this.trouble = trouble;
  }

  /** What it was given. */
  static final class Data {
    private volatile StateRecord state;
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

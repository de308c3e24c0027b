package busbar.conformance.swap;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.device.DeviceSet;
import busbar.api.device.GroupType;
import busbar.api.device.VfioDevice;
import busbar.api.memory.Access;
import java.lang.foreign.MemorySegment;

/**
 * The core's side of an emulated device, as far as a parent needs it to make a child.
 *
 * @param name its UUID
 * @param isTakenOver whether the child takes over from another one
 */
public record DeviceStub(String name, boolean isTakenOver) implements VfioDevice {
  /** Of a new child. */
  public static DeviceStub of(String name) {
    return new DeviceStub(name, false);
  }

  /** Of a child whose state comes with restore. */
  public static DeviceStub takenOver(String name) {
    return new DeviceStub(name, true);
  }

  @Override
  public BusDevice parent() {
    throw lacks("bus device");
  }

  @Override
  public int groupId() {
    return 0;
  }

  @Override
  public GroupType groupType() {
    return GroupType.EMULATED;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void assignSet(Object setId) {}

  @Override
  public DeviceSet set() {
    throw lacks("device set");
  }

  @Override
  public void zap() {}

  @Override
  public MemorySegment[] pinPages(long iova, int pages, Access access) {
    throw lacks("container");
  }

  @Override
  public void unpinPages(long iova, int pages) {
    throw lacks("container");
  }

  @Override
  public void dmaRw(long iova, MemorySegment buffer, Access access) {
    throw lacks("container");
  }

  private VfioException lacks(String what) {
    return Errno.EINVAL.because("%s is a stub and has no %s", name, what);
  }
}

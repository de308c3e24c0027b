package busbar.mdev;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.mdev.MdevParent;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The bus driver of one parent's children, {@code struct mdev_driver}: it carries the parent's name
 * and hands everything to the parent. Its data of a device is the parent's own, so that the
 * parent's optional capabilities fit it as they are.
 *
 * @param <D> the parent's data of one child
 */
final class ParentDriver<D> implements VfioBusDriver<D> {
  private final MdevParent<D> parent;
  private final String name;
  private final Map<D, MdevDevice> devices = Collections.synchronizedMap(new IdentityHashMap<>());

  ParentDriver(MdevParent<D> parent) {
    this.parent = parent;
    this.name = parent.name();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String bus() {
    return MdevDevice.BUS;
  }

  @Override
  public int bid(BusDevice device) {
    return canTake(device) ? 1 : 0;
  }

  @Override
  public boolean canTake(BusDevice device) {
    return device instanceof MdevDevice child && child.parent().driver() == this;
  }

  @Override
  public D probe(BusDevice device, VfioDevice vfio) {
    if (!(device instanceof MdevDevice child) || !canTake(device)) {
      throw Errno.ENODEV.because("%s is no child of %s", device.name(), name);
    }
    try {
      D data = parent.create(child.type(), child.name(), vfio);
      devices.put(data, child);
      child.bound();
      return data;
    } catch (VfioException e) {
      child.refused(e);
      throw e;
    } catch (RuntimeException e) {
      child.refused(
          new VfioException(Errno.EIO, "the parent " + name + " failed to make " + child, e));
      throw e;
    }
  }

  @Override
  public void remove(D device) {
    MdevDevice child = devices.remove(device);
    try {
      parent.remove(device);
    } finally {
      if (child != null) {
        child.unbound();
      }
    }
  }

  @Override
  public void open(D device, Caller caller) {
    parent.open(device, caller);
  }

  @Override
  public void release(D device) {
    parent.release(device);
  }

  @Override
  public int read(D device, Caller caller, MemorySegment buffer, long offset) {
    return parent.read(device, caller, buffer, offset);
  }

  @Override
  public int write(D device, Caller caller, MemorySegment buffer, long offset) {
    return parent.write(device, caller, buffer, offset);
  }

  @Override
  public long ioctl(D device, Caller caller, int command, MemorySegment argument) {
    return parent.ioctl(device, caller, command, argument);
  }

  @Override
  public MappedRegion mmap(D device, Caller caller, MmapRequest request) {
    return parent.mmap(device, caller, request);
  }

  @Override
  public void request(D device, int count) {
    parent.request(device, count);
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    return parent.capability(type);
  }

  @Override
  public String toString() {
    return name + " on " + MdevDevice.BUS;
  }
}

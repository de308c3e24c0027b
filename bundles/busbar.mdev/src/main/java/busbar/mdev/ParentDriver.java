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
  private final Parent<D> owner;
  private final MdevParent<D> parent;
  private final String name;
  private final Map<D, MdevDevice> devices = Collections.synchronizedMap(new IdentityHashMap<>());

  ParentDriver(Parent<D> owner) {
    this.owner = owner;
    this.parent = owner.service();
    this.name = owner.name();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String bus() {
    return MdevDevice.BUS;
  }

  /**
   * A device that nobody has is its own parent's alone. For one that another parent of the name
   * has, this one is as good: who of the two is better, the core decides by their versions.
   */
  @Override
  public int bid(BusDevice device) {
    if (!(device instanceof MdevDevice child)) {
      return 0;
    }
    return child.parent() == owner || child.isBound() && canTake(child) ? 1 : 0;
  }

  /** Its own devices, and those of another parent of its name if it has their type. */
  @Override
  public boolean canTake(BusDevice device) {
    return device instanceof MdevDevice child
        && child.parent().name().equals(name)
        && owner.has(child.type());
  }

  @Override
  public D probe(BusDevice device, VfioDevice vfio) {
    if (!(device instanceof MdevDevice child) || !canTake(device)) {
      throw Errno.ENODEV.because("%s is no child of %s", device.name(), name);
    }
    try {
      D data = parent.create(owner.type(child.type().name()), child.name(), vfio);
      devices.put(data, child);
      child.bound(owner);
      return data;
    } catch (VfioException e) {
      refused(child, new VfioException(e.errno(), e.because()));
      throw e;
    } catch (RuntimeException e) {
      refused(child, Errno.EIO.because("the parent %s failed to make %s: %s", name, child, e));
      throw e;
    }
  }

  /** One that another parent has is none the worse for it. */
  private static void refused(MdevDevice child, VfioException why) {
    if (!child.isBound()) {
      child.refused(why);
    }
  }

  @Override
  public void remove(D device) {
    MdevDevice child = devices.remove(device);
    try {
      parent.remove(device);
    } finally {
      if (child != null) {
        child.unbound(owner);
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

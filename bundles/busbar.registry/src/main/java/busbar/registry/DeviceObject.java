package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.device.DeviceSet;
import busbar.api.device.GroupType;
import busbar.api.device.VfioDevice;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps;
import busbar.api.memory.Access;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A device that a bus driver has, {@code struct vfio_device}: from its probe until it is let go.
 *
 * <p>Registered, it can be found and opened. Withdrawn, it cannot, and goes when the last user lets
 * go. Killed, its driver is gone already and its files answer {@code ENODEV} until they are closed.
 */
final class DeviceObject implements VfioDevice {
  private final BusDevice parent;
  private final IommuGroup iommuGroup;
  private final GroupType groupType;
  private final DeviceSets sets;
  private final PhysicalMemory physicalMemory;
  private final Registration registration = new Registration();
  private final Eviction eviction = new Eviction(this);

  /** Passed by what reaches the driver without a file: matching, requests, unmaps. */
  final Gate gate = new Gate();

  private final List<DeviceFile> files = new CopyOnWriteArrayList<>();
  private final PagePinningOps.UnmapListener unmapListener = this::dmaUnmap;
  private volatile DeviceSets.Members set;
  private volatile Binding<?> binding;
  private volatile Group group;
  private volatile Attachment<?> attachment;
  private volatile int openCount;
  private final AtomicBoolean left = new AtomicBoolean();
  private final AtomicBoolean removed = new AtomicBoolean();

  /** Whether the driver's {@code open} has succeeded and its {@code release} is owed. */
  private boolean driverOpen;

  /**
   * @param iommuGroup what isolates it; {@code null} if nothing does, then it cannot be registered
   */
  DeviceObject(
      BusDevice parent,
      IommuGroup iommuGroup,
      GroupType groupType,
      DeviceSets sets,
      PhysicalMemory physicalMemory) {
    this.parent = parent;
    this.physicalMemory = physicalMemory;
    this.iommuGroup = iommuGroup;
    this.groupType = groupType;
    this.sets = sets;
    this.set = sets.join(this, this);
  }

  @Override
  public String name() {
    return parent.name();
  }

  @Override
  public BusDevice parent() {
    return parent;
  }

  IommuGroup iommuGroup() {
    return iommuGroup;
  }

  PhysicalMemory physicalMemory() {
    return physicalMemory;
  }

  @Override
  public int groupId() {
    if (iommuGroup == null) {
      throw Errno.EINVAL.because("no IOMMU isolates %s", name());
    }
    return iommuGroup.id();
  }

  @Override
  public GroupType groupType() {
    return groupType;
  }

  @Override
  public boolean isOpen() {
    return openCount > 0;
  }

  int openCount() {
    return openCount;
  }

  Group group() {
    return group;
  }

  Binding<?> binding() {
    return binding;
  }

  Registration registration() {
    return registration;
  }

  /** Why its driver is gone; {@code null} while it is there. */
  String killedBecause() {
    return eviction.because();
  }

  @Override
  public void assignSet(Object setId) {
    sets.leave(set, this);
    set = sets.join(setId, this);
  }

  @Override
  public DeviceSet set() {
    return set;
  }

  @Override
  public void zap() {
    files.forEach(DeviceFile::zap);
  }

  // Registration.

  /** The driver has taken it: it can be found and opened from now on. */
  void register(Binding<?> bound, Groups groups) {
    binding = bound;
    group = groups.join(this, iommuGroup, groupType);
    group.add(this);
  }

  /** The driver never took it: forgets the set. */
  void leaveSet() {
    sets.leave(set, this);
  }

  /** Nobody holds it any more: leaves group and set, once. */
  void leave(Groups groups) {
    if (left.compareAndSet(false, true)) {
      groups.leave(group);
      sets.leave(set, this);
    }
  }

  /** The driver gives the closed device back, once. */
  void removeDriver() {
    if (removed.compareAndSet(false, true)) {
      Binding<?> now = binding;
      Faults.swallow(now.who(), "removing " + name(), now::remove);
    }
  }

  /** Cannot be found any more; those who have it keep it. */
  void withdraw() {
    group.withdraw(this);
    registration.withdraw();
  }

  boolean acquire() {
    return registration.acquire();
  }

  void release() {
    registration.release();
  }

  boolean matches(ClientCaller caller, String text) {
    Binding<?> now = binding;
    int at = gate.enter();
    try {
      return now.matches(caller, name(), text);
    } catch (Throwable t) {
      throw Faults.of(t, now.who(), "comparing the name of " + name());
    } finally {
      gate.exit(at);
    }
  }

  /** Asks the user to let go. */
  void request(int count) {
    if (killedBecause() != null) {
      return;
    }
    try {
      int at = gate.enter();
      try {
        Binding<?> now = binding;
        Faults.swallow(now.who(), "asked to give back " + name(), () -> now.request(count));
      } finally {
        gate.exit(at);
      }
    } catch (VfioException e) {
      // killed meanwhile: nobody is left to ask
    }
  }

  // Open and close.

  /**
   * Opens the device for a client; takes over the caller's hold on the registration.
   *
   * @throws VfioException as the group, the container or the driver says; the hold is given back
   *     then
   */
  DeviceFile open(ClientCaller caller) {
    ReentrantLock setLock = set.setLock();
    try {
      group.checkHasContainer();
      setLock.lock();
      try {
        checkAlive();
        openCount++;
        if (openCount == 1) {
          firstOpen(caller);
        }
        DeviceFile file = new DeviceFile(this);
        files.add(file);
        eviction.catchUp(file);
        return file;
      } finally {
        setLock.unlock();
      }
    } catch (RuntimeException | Error e) {
      registration.release();
      throw e;
    }
  }

  private void checkAlive() {
    if (killedBecause() != null) {
      throw Errno.ENODEV.because(killedBecause());
    }
  }

  private void firstOpen(ClientCaller caller) {
    Binding<?> now = binding;
    try {
      if (now.entry().hasDeparted()) {
        throw Errno.ENODEV.because("%s is going away", now.who());
      }
      attachment = group.use(caller);
    } catch (RuntimeException | Error e) {
      openCount = 0;
      throw e;
    }
    try {
      if (now.takesUnmaps()) {
        attachment.registerDevice(unmapListener);
      }
      openDriver(now, caller);
    } catch (RuntimeException | Error e) {
      openCount = 0;
      leaveContainer(now);
      throw e;
    }
  }

  private void openDriver(Binding<?> now, ClientCaller caller) {
    try {
      now.open(caller);
      driverOpen = true;
    } catch (Throwable t) {
      throw Faults.of(t, now.who(), "opening " + name());
    }
  }

  /** The mirror image of the container's part of {@link #firstOpen}. */
  private void leaveContainer(Binding<?> now) {
    if (now.takesUnmaps()) {
      attachment.unregisterDevice(unmapListener);
    }
    attachment = null;
    group.unuse();
  }

  /** A file is closed, and no operation on it is under way. */
  void close(DeviceFile file) {
    ReentrantLock setLock = set.setLock();
    setLock.lock();
    try {
      files.remove(file);
      if (openCount == 1) {
        releaseDriver();
        leaveContainer(binding);
      }
      openCount--;
    } finally {
      setLock.unlock();
    }
    registration.release();
  }

  /** Closes it for the driver, if that has opened it; with the lock of the set. */
  void releaseDriver() {
    if (driverOpen) {
      driverOpen = false;
      Binding<?> now = binding;
      Faults.swallow(now.who(), "closing " + name(), now::release);
    }
  }

  /** The driver, or the device, goes without waiting for the user; see {@link Eviction#run}. */
  boolean kill(String because) {
    return eviction.run(because);
  }

  ReentrantLock setLock() {
    return set.setLock();
  }

  List<DeviceFile> files() {
    return files;
  }

  // What an emulated device asks of its container.

  @Override
  public MemorySegment[] pinPages(long iova, int pages, Access access) {
    return EmulatedDma.pin(this, iova, pages, access);
  }

  @Override
  public void unpinPages(long iova, int pages) {
    EmulatedDma.unpin(this, iova, pages);
  }

  @Override
  public void dmaRw(long iova, MemorySegment buffer, Access access) {
    EmulatedDma.copy(this, iova, buffer, access);
  }

  /** What the container of an open device has chosen. */
  Attachment<?> openAttachment() {
    Attachment<?> now = attachment;
    if (openCount == 0 || now == null) {
      throw Errno.EINVAL.because("%s is not open", name());
    }
    return now;
  }

  /** The container chose again while the device was open. */
  void attachmentChanged(Attachment<?> changed) {
    ReentrantLock setLock = set.setLock();
    setLock.lock();
    try {
      if (openCount > 0 && attachment != changed) {
        attachment = changed;
        if (binding.takesUnmaps()) {
          changed.registerDevice(unmapListener);
        }
      }
    } finally {
      setLock.unlock();
    }
  }

  /**
   * The user unmaps; the driver lets go of its pages, which comes back here as {@link #unpinPages}.
   */
  private void dmaUnmap(long iova, long length) {
    Attachment<?> now = attachment;
    if (now == null) {
      return;
    }
    int at = gate.enter();
    try {
      Binding<?> bound = binding;
      now.gate.nested(
          () ->
              Faults.swallow(
                  bound.who(),
                  "letting go of pages for " + name(),
                  () -> bound.dmaUnmap(iova, length)));
    } finally {
      gate.exit(at);
    }
  }

  @Override
  public String toString() {
    return "device " + name();
  }
}

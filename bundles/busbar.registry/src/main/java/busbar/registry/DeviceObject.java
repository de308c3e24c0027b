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
import java.util.function.Consumer;

/**
 * A device that a bus driver has, {@code struct vfio_device}: from its probe until it is let go.
 *
 * <p>Registered, it can be found and opened. Withdrawn, it cannot, and goes when the last user lets
 * go. Killed, its driver is gone already and its files answer {@code ENODEV} until they are closed.
 */
final class DeviceObject implements VfioDevice {
  private volatile BusDevice parent;
  private final IommuGroup iommuGroup;
  private final GroupType groupType;
  private final DeviceSets sets;
  private final PhysicalMemory physicalMemory;
  private final Runnable idle;
  private final Registration registration = new Registration();
  private final Eviction eviction = new Eviction(this);

  /** Passed by what reaches the driver without a file: matching, requests, unmaps. */
  final Gate gate = new Gate();

  private final List<DeviceFile> files = new CopyOnWriteArrayList<>();
  private final PagePinningOps.UnmapListener unmapListener = this::dmaUnmap;
  private volatile DeviceSets.Members set;
  private volatile Binding<?> binding;
  private volatile Group group;
  private volatile Attachment attachment;
  private volatile int openCount;
  private final AtomicBoolean left = new AtomicBoolean();
  private final AtomicBoolean removed = new AtomicBoolean();

  /** Whether the driver's {@code open} has succeeded and its {@code release} is owed. */
  private boolean driverOpen;

  /** On whose behalf the driver opened it; stands in for him when a successor opens it again. */
  private volatile ClientCaller opener;

  private volatile Consumer<ClientImpl> arrival;

  /** Whether a driver that probes it now takes it over. */
  private volatile boolean takenOver;

  /** What to do when all files are about to be closed; {@code null} if nothing. */
  private volatile Runnable unused;

  /**
   * @param iommuGroup what isolates it; {@code null} if nothing does, then it cannot be registered
   * @param idle runs when the last file was closed
   */
  DeviceObject(
      BusDevice parent,
      IommuGroup iommuGroup,
      GroupType groupType,
      DeviceSets sets,
      PhysicalMemory physicalMemory,
      Runnable idle) {
    this.parent = parent;
    this.idle = idle;
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

  /** Another object stands for the same device, as its bus has been replaced. */
  void shownAs(BusDevice again) {
    parent = again;
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
  public boolean isTakenOver() {
    return takenOver;
  }

  @Override
  public void assignSet(Object setId) {
    if (binding != null) {
      return; // a successor probes: the device is in its set
    }
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
      int at = gate.enter();
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
        gate.exit(at);
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
      opener = caller;
      driverOpen = true;
      arrive(caller);
    } catch (Throwable t) {
      throw Faults.of(t, now.who(), "opening " + name());
    }
  }

  /** A state that was brought for the next user comes with the open, or fails it. */
  private void arrive(ClientCaller caller) {
    Consumer<ClientImpl> waiting = arrival;
    if (waiting != null) {
      try {
        waiting.accept(caller.client());
      } catch (RuntimeException e) {
        releaseDriver();
        throw e;
      }
    }
  }

  /** What happens with the next open, {@code null} for nothing. */
  Consumer<ClientImpl> arrival() {
    return arrival;
  }

  void setArrival(Consumer<ClientImpl> next) {
    arrival = next;
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
    if (openCount == 0) {
      idle.run();
    }
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
    return eviction.run(because, () -> {});
  }

  /** As {@link #kill}, for a device whose gates somebody has closed; opens them in time. */
  boolean kill(String because, Runnable opening) {
    return eviction.run(because, opening);
  }

  /** Runs the action as soon as no file is left that is not about to be closed; at once, maybe. */
  void whenUnused(Runnable action) {
    unused = action;
    fileEnded();
  }

  /** A file is about to be closed. */
  void fileEnded() {
    Runnable action = unused;
    if (action != null && openCount > 0 && files.stream().allMatch(f -> f.gate.hasEnded())) {
      unused = null;
      // on a thread of its own: who closes a file does not wait for a driver
      Thread.ofVirtual().name("busbar-unused-" + name()).start(action);
    }
  }

  // A driver is replaced: all of it while nothing else goes on, but for the first.

  /** Has a successor make its data, the hardware being left alone. */
  Binding<?> probeSuccessor(DriverEntry successor) {
    takenOver = true;
    try {
      return successor.probe(parent, this);
    } finally {
      takenOver = false;
    }
  }

  /** Asks a driver where the mappings of the device lead from now on. */
  List<MappingImpl.Move> moves(Binding<?> to) {
    return files.stream().flatMap(file -> file.moves(to)).toList();
  }

  /** Puts another driver in, with mappings that lead to it. */
  void exchange(Binding<?> to, List<MappingImpl.Move> moves) {
    Binding<?> from = binding;
    unused = null;
    binding = to;
    moves.forEach(MappingImpl.Move::make);
    Attachment now = attachment;
    if (now != null && from.takesUnmaps() != to.takesUnmaps()) {
      if (to.takesUnmaps()) {
        now.registerDevice(unmapListener);
      } else {
        now.unregisterDevice(unmapListener);
      }
    }
  }

  /** A driver lets go although files are open: another one will open the device again. */
  void quiesce(Binding<?> who) {
    ReentrantLock setLock = set.setLock();
    setLock.lock();
    try {
      if (driverOpen) {
        driverOpen = false;
        Faults.swallow(who.who(), "closing " + name(), who::release);
      }
    } finally {
      setLock.unlock();
    }
    removed.set(true);
    Faults.swallow(who.who(), "removing " + name(), who::remove);
  }

  /**
   * The opposite of {@link #quiesce}, with a driver that has just probed; opens if files are open.
   *
   * @throws VfioException what the driver's open says; it is not open then
   */
  void revive(Binding<?> by) {
    ReentrantLock setLock = set.setLock();
    setLock.lock();
    try {
      if (openCount > 0) {
        openDriver(by, opener);
      }
      removed.set(false);
    } finally {
      setLock.unlock();
    }
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
  Attachment openAttachment() {
    Attachment now = attachment;
    if (openCount == 0 || now == null) {
      throw Errno.EINVAL.because("%s is not open", name());
    }
    return now;
  }

  /** The container chose again while the device was open. */
  void attachmentChanged(Attachment changed) {
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
    Attachment now = attachment;
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

package busbar.pci;

import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.bus.BusDevice;
import busbar.api.device.DeviceSet;
import busbar.api.device.GroupType;
import busbar.api.device.VfioDevice;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** The core's side of one device, and a client with eventfds and group files. */
final class FakeVfio implements VfioDevice, Caller {
  /** A set whose members the test puts together. */
  static final class Set implements DeviceSet {
    final List<Member> members = new ArrayList<>();
    final ReentrantLock lock = new ReentrantLock();

    @Override
    public Object id() {
      return "set";
    }

    @Override
    public List<Member> members() {
      return members;
    }

    @Override
    public int openCount() {
      return 0;
    }

    @Override
    public ReentrantLock setLock() {
      return lock;
    }
  }

  final FakeFunction device;
  final Map<Integer, EventFd> eventFds = new HashMap<>();
  final Map<Integer, Integer> groupFiles = new HashMap<>();
  Set set = new Set();
  Object setId;
  boolean open;
  boolean takenOver;
  int group = 4;
  int zaps;

  FakeVfio(FakeFunction device) {
    this.device = device;
  }

  /** A new eventfd behind that descriptor. */
  EventFd give(int fd) {
    EventFd eventFd = new EventFd();
    eventFds.put(fd, eventFd);
    return eventFd;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public BusDevice parent() {
    return device;
  }

  @Override
  public int groupId() {
    return group;
  }

  @Override
  public GroupType groupType() {
    return GroupType.IOMMU;
  }

  @Override
  public boolean isTakenOver() {
    return takenOver;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void assignSet(Object id) {
    setId = id;
  }

  @Override
  public DeviceSet set() {
    return set;
  }

  @Override
  public void zap() {
    zaps++;
  }

  @Override
  public MemorySegment[] pinPages(long iova, int pages, Access access) {
    throw Errno.EINVAL.because("not emulated");
  }

  @Override
  public void unpinPages(long iova, int pages) {}

  @Override
  public void dmaRw(long iova, MemorySegment buffer, Access access) {
    throw Errno.EINVAL.because("not emulated");
  }

  @Override
  public String clientName() {
    return "test";
  }

  @Override
  public AddressSpace memory() {
    return new AddressSpace("test", new PhysicalMemory());
  }

  @Override
  public boolean has(Capability capability) {
    return true;
  }

  @Override
  public EventFd eventFd(int fd) {
    EventFd eventFd = eventFds.get(fd);
    if (eventFd == null) {
      throw Errno.EBADF.because("descriptor %d is not open", fd);
    }
    return eventFd;
  }

  @Override
  public int groupIdOf(int fd) {
    Integer id = groupFiles.get(fd);
    if (id == null) {
      throw Errno.EBADF.because("descriptor %d is not open", fd);
    }
    return id;
  }

  @Override
  public int install(FileOps file) {
    throw Errno.EMFILE.because("no table here");
  }
}

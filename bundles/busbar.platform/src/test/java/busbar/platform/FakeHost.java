package busbar.platform;

import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.bus.BusDevice;
import busbar.api.device.DeviceSet;
import busbar.api.device.GroupType;
import busbar.api.device.VfioDevice;
import busbar.api.iommu.IommuGroup;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.PhysicalMemory;
import busbar.api.platform.PlatformDevice;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One register block of 4 KiB that remembers bytes, one line, one caller with eventfds. */
final class FakeHost implements PlatformDevice, Caller, VfioDevice {
  final FakeLine line;
  final Map<Integer, EventFd> eventFds = new HashMap<>();
  final byte[] registers = new byte[4096];
  private final Trigger trigger;
  private final long size;

  private final MmioWindow window =
      new MmioWindow() {
        @Override
        public long physical() {
          return 0x901_0000;
        }

        @Override
        public long size() {
          return size;
        }

        @Override
        public long load(long offset, int width) {
          long value = 0;
          for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | registers[(int) offset + i] & 0xff;
          }
          return value;
        }

        @Override
        public void store(long offset, int width, long value) {
          for (int i = 0; i < width; i++) {
            registers[(int) offset + i] = (byte) (value >> 8 * i);
          }
        }
      };

  FakeHost(Trigger trigger, long size) {
    this.trigger = trigger;
    this.size = size;
    line = new FakeLine(trigger == Trigger.LEVEL);
  }

  @Override
  public List<String> compatible() {
    return List.of("arm,pl031", "arm,primecell");
  }

  @Override
  public List<Resource> resources() {
    return List.of(new Resource(Kind.MEMORY, 0x901_0000, size, Writability.READ_WRITE));
  }

  @Override
  public MmioWindow window(int resource) {
    return window;
  }

  @Override
  public List<Irq> irqs() {
    return List.of(new Irq(2, trigger, line));
  }

  @Override
  public String bus() {
    return "amba";
  }

  @Override
  public String name() {
    return "9010000.pl031";
  }

  @Override
  public String summary() {
    return "arm,pl031";
  }

  @Override
  public Optional<IommuGroup> iommuGroup() {
    return Optional.empty();
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
    throw Errno.EINVAL.because("no groups here");
  }

  @Override
  public int install(FileOps file) {
    throw Errno.EMFILE.because("no table here");
  }

  @Override
  public BusDevice parent() {
    return this;
  }

  @Override
  public int groupId() {
    return 0;
  }

  @Override
  public GroupType groupType() {
    return GroupType.NO_IOMMU;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void assignSet(Object setId) {}

  @Override
  public DeviceSet set() {
    return null;
  }

  @Override
  public void zap() {}

  @Override
  public MemorySegment[] pinPages(long iova, int pages, Access access) {
    throw Errno.EINVAL.because("a platform device pins nothing");
  }

  @Override
  public void unpinPages(long iova, int pages) {}

  @Override
  public void dmaRw(long iova, MemorySegment buffer, Access access) {
    throw Errno.EINVAL.because("a platform device does its own DMA");
  }
}

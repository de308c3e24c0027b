package busbar.spapr;

import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.ReservedRegion;
import busbar.api.iommu.TceTable;
import busbar.api.iommu.TceTableGroup;
import busbar.api.memory.AddressSpace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One endpoint of the recorded pSeries: 1 GiB at 0, pages of 4 KiB, 64 KiB, 2 MiB and 16 MiB. */
final class FakePower implements TceTableGroup, IommuGroup {
  static final long WINDOW_1 = 0x800_0000_0000_0000L;

  final TceTable[] seen = new TceTable[MAX_TABLES];
  private final int id;
  boolean owned;
  boolean refuseWindows;

  FakePower(int id) {
    this.id = id;
  }

  /** A table in a map. */
  static final class FakeTable implements TceTable {
    final Map<Long, Long> set = new HashMap<>();
    final int number;
    final int shift;
    final long size;
    boolean closed;

    FakeTable(int number, int shift, long size) {
      this.number = number;
      this.shift = shift;
      this.size = size;
    }

    @Override
    public long offset() {
      return number == 0 ? 0 : WINDOW_1 >>> shift;
    }

    @Override
    public long entries() {
      return size >>> shift;
    }

    @Override
    public int pageShift() {
      return shift;
    }

    @Override
    public int levels() {
      return 1;
    }

    @Override
    public long allocatedBytes() {
      return entries() * 8;
    }

    @Override
    public long exchange(long entry, long physical) {
      if (Long.compareUnsigned(entry - offset(), entries()) >= 0) {
        throw Errno.EINVAL.because("entry %d is outside the table", entry);
      }
      Long old = physical == 0 ? set.remove(entry) : set.put(entry, physical);
      return old == null ? 0 : old;
    }

    @Override
    public long get(long entry) {
      return set.getOrDefault(entry, 0L);
    }

    @Override
    public long next(long from, long end) {
      return set.keySet().stream()
          .filter(entry -> entry >= from && entry < end)
          .mapToLong(Long::longValue)
          .min()
          .orElse(end);
    }

    @Override
    public void flush(long entry, long count) {}

    @Override
    public void close() {
      closed = true;
    }
  }

  @Override
  public long tce32Start() {
    return 0;
  }

  @Override
  public long tce32Size() {
    return 0x4000_0000;
  }

  @Override
  public long pageSizes() {
    return 0x121_1000;
  }

  @Override
  public int maxDynamicWindows() {
    return 2;
  }

  @Override
  public int maxLevels() {
    return 1;
  }

  @Override
  public Object operations() {
    return "pseries";
  }

  @Override
  public boolean hasDynamicWindows() {
    return true;
  }

  @Override
  public long tableSize(int pageShift, long windowSize, int levels) {
    boolean possible =
        levels == 1 && Long.bitCount(windowSize) == 1 && windowSize >>> pageShift != 0;
    return possible ? Math.max(AddressSpace.PAGE, (windowSize >>> pageShift) * 8) : 0;
  }

  @Override
  public TceTable createTable(int number, int pageShift, long windowSize, int levels) {
    return new FakeTable(number, pageShift, windowSize);
  }

  @Override
  public void setWindow(int number, TceTable table) {
    if (refuseWindows) {
      throw Errno.EIO.because("firmware refused the window");
    }
    seen[number] = table;
  }

  @Override
  public void unsetWindow(int number) {
    seen[number] = null;
  }

  @Override
  public TceTable defaultTable(int number) {
    return null;
  }

  @Override
  public void takeOwnership() {
    owned = true;
  }

  @Override
  public void releaseOwnership() {
    owned = false;
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public String type() {
    return "unknown";
  }

  @Override
  public List<String> devices() {
    return List.of();
  }

  @Override
  public List<ReservedRegion> reserved() {
    return List.of();
  }

  @Override
  public Optional<Iommu> iommu() {
    return Optional.empty();
  }

  @Override
  public Optional<IommuDomain> domain() {
    return Optional.empty();
  }

  @Override
  public void setOwner(Owner owner) {}

  @Override
  public Optional<TceTableGroup> tceTableGroup() {
    return Optional.of(this);
  }

  /** A process; {@code locker} says whether it may pin without limit. */
  record Process(AddressSpace memory, boolean locker) implements Caller {
    @Override
    public String clientName() {
      return memory.name();
    }

    @Override
    public boolean has(Capability capability) {
      return locker;
    }

    @Override
    public EventFd eventFd(int fd) {
      throw Errno.EBADF.because("no files here");
    }

    @Override
    public int groupIdOf(int fd) {
      throw Errno.EBADF.because("no files here");
    }

    @Override
    public int install(FileOps file) {
      throw Errno.EMFILE.because("no files here");
    }
  }
}

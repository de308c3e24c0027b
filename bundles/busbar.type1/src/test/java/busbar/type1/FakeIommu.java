package busbar.type1;

import busbar.api.Errno;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.ReservedRegion;
import busbar.api.memory.AddressSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** IOMMU hardware of plain maps, with switches for everything that can go wrong. */
final class FakeIommu implements Iommu {
  static final long PAGE = AddressSpace.PAGE;

  private final String kind;
  final List<FakeDomain> domains = new ArrayList<>();
  long pageSizes = 0x40201000;
  long apertureStart;
  long apertureEnd = (1L << 48) - 1;
  boolean isolates = true;
  boolean coherent;

  /** Map calls that succeed before one fails with {@link #mapFailure}. */
  int mapsUntilFailure = Integer.MAX_VALUE;

  Errno mapFailure = Errno.ENOMEM;

  FakeIommu(String kind) {
    this.kind = kind;
  }

  FakeGroup group(int id, ReservedRegion... reserved) {
    return new FakeGroup(id, this, List.of(reserved));
  }

  List<FakeDomain> openDomains() {
    return domains.stream().filter(domain -> !domain.closed).toList();
  }

  @Override
  public String name() {
    return kind + "0";
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public List<IommuGroup> groups() {
    return List.of();
  }

  @Override
  public IommuDomain allocateDomain() {
    FakeDomain domain = new FakeDomain(this);
    domains.add(domain);
    return domain;
  }

  @Override
  public boolean isolatesMessages() {
    return isolates;
  }

  @Override
  public void addFaultListener(FaultListener listener) {}

  @Override
  public void removeFaultListener(FaultListener listener) {}

  @Override
  public List<IommuFault> recentFaults() {
    return List.of();
  }

  /** A page table that remembers single pages. */
  static final class FakeDomain implements IommuDomain {
    /** What stands behind one page. */
    record Entry(long physical, int protection) {}

    /** A map call. */
    record MapCall(long iova, long physical, long size, int protection) {}

    private final FakeIommu hardware;
    private final long apertureStart;
    private final long apertureEnd;
    final Map<Long, Entry> pages = new HashMap<>();
    final List<IommuGroup> groups = new ArrayList<>();
    final List<MapCall> maps = new ArrayList<>();
    boolean refusesGroups;
    boolean closed;
    int unflushed;

    FakeDomain(FakeIommu hardware) {
      this.hardware = hardware;
      this.apertureStart = hardware.apertureStart;
      this.apertureEnd = hardware.apertureEnd;
    }

    @Override
    public Iommu iommu() {
      return hardware;
    }

    @Override
    public long pageSizes() {
      return hardware.pageSizes;
    }

    @Override
    public long apertureStart() {
      return apertureStart;
    }

    @Override
    public long apertureEnd() {
      return apertureEnd;
    }

    @Override
    public boolean enforceCacheCoherency() {
      return hardware.coherent;
    }

    @Override
    public void attach(IommuGroup group) {
      if (refusesGroups || group.iommu().orElseThrow() != hardware) {
        throw Errno.EINVAL.because("group %d cannot be here", group.id());
      }
      FakeGroup fake = (FakeGroup) group;
      if (fake.domain != null) {
        fake.domain.groups.remove(group);
      }
      fake.domain = this;
      groups.add(group);
    }

    @Override
    public void detach(IommuGroup group) {
      if (!groups.remove(group)) {
        throw new AssertionError("group " + group.id() + " is not attached here");
      }
      ((FakeGroup) group).domain = null;
    }

    @Override
    public void map(long iova, long physical, long size, int protection) {
      if (hardware.mapsUntilFailure-- <= 0) {
        throw hardware.mapFailure.because("the hardware was told to fail");
      }
      for (long at = 0; at < size; at += PAGE) {
        if (pages.containsKey(iova + at)) {
          throw Errno.EEXIST.because("0x%x is mapped", iova + at);
        }
      }
      maps.add(new MapCall(iova, physical, size, protection));
      for (long at = 0; at < size; at += PAGE) {
        pages.put(iova + at, new Entry(physical + at, protection));
      }
    }

    @Override
    public long unmap(long iova, long size) {
      long done = 0;
      while (done < size && pages.remove(iova + done) != null) {
        done += PAGE;
      }
      unflushed++;
      return done;
    }

    @Override
    public void flush(long iova, long size) {
      unflushed = 0;
    }

    @Override
    public long translate(long iova) {
      Entry entry = pages.get(iova & -PAGE);
      return entry == null ? -1 : entry.physical + (iova & PAGE - 1);
    }

    @Override
    public void close() {
      if (!groups.isEmpty() || closed) {
        throw new AssertionError("closed with groups, or twice");
      }
      closed = true;
    }
  }

  /** A group of one device. */
  static final class FakeGroup implements IommuGroup {
    private final int id;
    private final FakeIommu hardware;
    private final List<ReservedRegion> reserved;
    FakeDomain domain;

    FakeGroup(int id, FakeIommu hardware, List<ReservedRegion> reserved) {
      this.id = id;
      this.hardware = hardware;
      this.reserved = reserved;
    }

    /** A group without hardware. */
    static FakeGroup emulated(int id) {
      return new FakeGroup(id, null, List.of());
    }

    @Override
    public int id() {
      return id;
    }

    @Override
    public String type() {
      return "DMA";
    }

    @Override
    public List<String> devices() {
      return List.of("device" + id);
    }

    @Override
    public List<ReservedRegion> reserved() {
      return reserved;
    }

    @Override
    public Optional<Iommu> iommu() {
      return Optional.ofNullable(hardware);
    }

    @Override
    public Optional<IommuDomain> domain() {
      return Optional.ofNullable(domain);
    }

    @Override
    public void setOwner(Owner owner) {}
  }
}

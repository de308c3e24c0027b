package busbar.machine.internal.iommu;

import busbar.api.Errno;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** An IO page table and the groups that are behind it. */
final class SimDomain implements IommuDomain {
  private static final long PAGE_MASK = 4095;
  private static final VarHandle GENERATION;

  static {
    try {
      GENERATION = MethodHandles.lookup().findVarHandle(SimDomain.class, "generation", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final SimIommu iommu;
  private final PageTable table;
  private final TableWalk walk;
  private final DmaGuard guard = new DmaGuard();
  private final Set<SimGroup> groups = ConcurrentHashMap.newKeySet();

  /** What a device cached under an older one does not hold any more. */
  private volatile long generation;

  private volatile boolean tracksDirty;
  private volatile boolean closed;

  SimDomain(SimIommu iommu, PageTable table) {
    this.iommu = iommu;
    this.table = table;
    this.walk = table.walk();
  }

  TableWalk walk() {
    return walk;
  }

  DmaGuard guard() {
    return guard;
  }

  long generation() {
    return generation;
  }

  boolean tracksDirty() {
    return tracksDirty;
  }

  @Override
  public Iommu iommu() {
    return iommu;
  }

  @Override
  public long pageSizes() {
    return iommu.hardware().pageSizes();
  }

  @Override
  public long apertureStart() {
    return 0;
  }

  @Override
  public long apertureEnd() {
    return iommu.hardware().lastAddress();
  }

  @Override
  public void attach(IommuGroup group) {
    if (!(group instanceof SimGroup mine) || mine.hardware() != iommu) {
      throw Errno.EINVAL.because(
          "group %d is not behind %s and cannot use its page table", group.id(), iommu.name());
    }
    checkOpen();
    mine.attach(this);
    groups.add(mine);
  }

  @Override
  public void detach(IommuGroup group) {
    if (group instanceof SimGroup mine && groups.remove(mine)) {
      mine.detach(this);
      guard.awaitDma();
    }
  }

  /** The group went to another table. */
  void left(SimGroup group) {
    groups.remove(group);
    guard.awaitDma();
  }

  @Override
  public void map(long iova, long physical, long size, int protection) {
    checkOpen();
    if (((iova | physical | size) & PAGE_MASK) != 0 || size <= 0) {
      throw Errno.EINVAL.because(
          "iova 0x%x, physical 0x%x and size 0x%x must be whole pages", iova, physical, size);
    }
    if ((protection & ~(READ | WRITE)) != 0 || protection == 0) {
      throw Errno.EINVAL.because("0x%x is no protection of a mapping", protection);
    }
    if (iova < 0 || iova > apertureEnd() || size - 1 > apertureEnd() - iova) {
      throw Errno.ERANGE.because(
          "iova 0x%x, size 0x%x lies beyond the aperture, which ends at 0x%x",
          iova, size, apertureEnd());
    }
    table.map(iova, physical, size, protection);
  }

  @Override
  public long unmap(long iova, long size) {
    checkOpen();
    if (iova < 0 || size <= 0 || iova > apertureEnd()) {
      return 0;
    }
    return table.unmap(iova, Math.min(size, apertureEnd() - iova + 1));
  }

  @Override
  public void flush(long iova, long size) {
    GENERATION.getAndAdd(this, 1L);
    if (table.hasLimbo()) {
      int[] nodes = table.takeLimbo();
      guard.awaitDma();
      table.recycle(nodes);
    } else {
      guard.awaitDma();
    }
  }

  @Override
  public long translate(long iova) {
    if (iova < 0 || iova > apertureEnd()) {
      return -1;
    }
    int token = guard.enter();
    try {
      return closed ? -1 : walk.translate(iova);
    } finally {
      guard.exit(token);
    }
  }

  @Override
  public boolean enforceCacheCoherency() {
    return iommu.hardware().snoopControl();
  }

  @Override
  public boolean hasDirtyBits() {
    return iommu.hardware().dirtyBits();
  }

  @Override
  public void setDirtyTracking(DirtyTracking wanted) {
    tracksDirty = wanted == DirtyTracking.ON;
    // A DMA that began before must be over: it would not leave its mark.
    guard.awaitDma();
  }

  @Override
  public void readAndClearDirty(long iova, long size, DirtySink sink) {
    int token = guard.enter();
    try {
      walk.readAndClearDirty(iova, Math.min(size, apertureEnd() - iova + 1), sink);
    } finally {
      guard.exit(token);
    }
  }

  @Override
  public void close() {
    if (!groups.isEmpty()) {
      throw Errno.EBUSY.because(
          "the page table still has %d groups attached and cannot be freed", groups.size());
    }
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    guard.awaitDma();
    table.close();
  }

  private void checkOpen() {
    if (closed) {
      throw Errno.ENODEV.because("the page table was freed");
    }
  }
}

package busbar.machine.internal.tce;

import busbar.api.Errno;
import busbar.api.iommu.EehPe;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.ReservedRegion;
import busbar.api.iommu.TceTable;
import busbar.api.iommu.TceTableGroup;
import busbar.machine.MachineDescription;
import busbar.machine.MachineDescription.DmaWindow;
import busbar.machine.internal.iommu.DmaGroup;
import busbar.machine.internal.iommu.DmaPath;
import busbar.machine.internal.iommu.ErrorGate;
import busbar.machine.model.DmaPort;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A partitionable endpoint: its windows and, on bare metal, its error handling. */
public final class TceGroup implements DmaGroup, TceTableGroup {
  private final TceIommu iommu;
  private final MachineDescription.Group description;
  private final DmaWindow defaultWindow;
  private final WindowRules rules;
  private final ErrorEndpoint errors;

  /** Guards the rules and changes of {@link #windows}. */
  private final Object windowsLock = new Object();

  private final AtomicReferenceArray<SimTceTable> windows =
      new AtomicReferenceArray<>(TceTableGroup.MAX_TABLES);
  private volatile Owner owner = Owner.HOST;

  TceGroup(
      TceIommu iommu,
      MachineDescription.Group description,
      DmaWindow defaultWindow,
      WindowRules rules,
      ErrorEndpoint errors) {
    this.iommu = iommu;
    this.description = description;
    this.defaultWindow = defaultWindow;
    this.rules = rules;
    this.errors = errors;
  }

  /** The table that a bus address leads to, {@code null} if none. */
  SimTceTable windowAt(long iova) {
    for (int number = 0; number < TceTableGroup.MAX_TABLES; number++) {
      SimTceTable table = windows.getAcquire(number);
      if (table != null && table.contains(iova)) {
        return table;
      }
    }
    return null;
  }

  boolean shows(SimTceTable table) {
    return windows.get(0) == table || windows.get(1) == table;
  }

  TceIommu hardware() {
    return iommu;
  }

  ErrorEndpoint errors() {
    return errors;
  }

  Owner owner() {
    return owner;
  }

  @Override
  public DmaPort port(DmaPath path) {
    return new TceDma(this, path);
  }

  @Override
  public void join(Member member) {
    if (errors != null) {
      errors.join(member);
    }
  }

  @Override
  public void leave(Member member) {
    if (errors != null) {
      errors.leave(member);
    }
  }

  @Override
  public ErrorGate errorGate() {
    return errors == null ? ErrorGate.OPEN : errors;
  }

  @Override
  public int id() {
    return description.id();
  }

  @Override
  public String type() {
    return description.type();
  }

  @Override
  public List<String> devices() {
    return description.devices();
  }

  @Override
  public List<ReservedRegion> reserved() {
    return description.reserved();
  }

  @Override
  public Optional<Iommu> iommu() {
    return Optional.of(iommu);
  }

  @Override
  public Optional<IommuDomain> domain() {
    return Optional.empty();
  }

  @Override
  public void setOwner(Owner wanted) {
    owner = wanted;
  }

  @Override
  public Optional<TceTableGroup> tceTableGroup() {
    return Optional.of(this);
  }

  @Override
  public Optional<EehPe> eeh() {
    return Optional.ofNullable(errors);
  }

  @Override
  public long tce32Start() {
    return defaultWindow.start();
  }

  @Override
  public long tce32Size() {
    return defaultWindow.size();
  }

  @Override
  public long pageSizes() {
    return rules.pageSizes();
  }

  @Override
  public int maxDynamicWindows() {
    return TceTableGroup.MAX_TABLES;
  }

  @Override
  public int maxLevels() {
    return rules.maxLevels();
  }

  @Override
  public Object operations() {
    return rules.operations();
  }

  @Override
  public boolean hasDynamicWindows() {
    return true;
  }

  @Override
  public long tableSize(int pageShift, long windowSize, int levels) {
    return rules.tableSize(pageShift, windowSize, levels);
  }

  @Override
  public TceTable createTable(int number, int pageShift, long windowSize, int levels) {
    checkNumber(number);
    synchronized (windowsLock) {
      int root = iommu.pool().take();
      long start;
      try {
        start = rules.place(number, pageShift, windowSize, levels);
      } catch (RuntimeException e) {
        iommu.pool().give(root);
        throw e;
      }
      SimTceTable table =
          new SimTceTable(
              iommu.pool(),
              root,
              start >>> pageShift,
              windowSize >>> pageShift,
              pageShift,
              levels,
              rules.tableSize(pageShift, windowSize, levels));
      rules.made(number, table);
      return table;
    }
  }

  @Override
  public void setWindow(int number, TceTable table) {
    checkNumber(number);
    if (!(table instanceof SimTceTable own)) {
      throw Errno.EPERM.because("the table was made by other hardware than %s", iommu.name());
    }
    synchronized (windowsLock) {
      if (windows.get(number) != null) {
        throw Errno.EBUSY.because("group %d has a window %d", id(), number);
      }
      rules.checkShow(number, own);
      windows.set(number, own);
    }
  }

  @Override
  public void unsetWindow(int number) {
    checkNumber(number);
    SimTceTable before;
    synchronized (windowsLock) {
      before = windows.getAndSet(number, null);
      rules.hidden(number);
    }
    if (before != null) {
      before.guard().awaitDma();
    }
  }

  /** The host maps nothing for its drivers here, so its window has no table. */
  @Override
  public TceTable defaultTable(int number) {
    checkNumber(number);
    return null;
  }

  @Override
  public void takeOwnership() {
    synchronized (windowsLock) {
      rules.taken();
    }
  }

  @Override
  public void releaseOwnership() {
    unsetWindow(0);
    unsetWindow(1);
    synchronized (windowsLock) {
      rules.released();
    }
  }

  private static void checkNumber(int number) {
    if (number < 0 || number >= TceTableGroup.MAX_TABLES) {
      throw Errno.EINVAL.because("there are windows 0 and 1, not %d", number);
    }
  }

  @Override
  public String toString() {
    return "group " + id();
  }
}

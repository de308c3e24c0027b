package busbar.spapr;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.TceTable;
import busbar.api.iommu.TceTableGroup;
import busbar.uapi.VfioIommuSpaprTceCreate;
import busbar.uapi.VfioIommuSpaprTceRemove;
import java.lang.foreign.MemorySegment;

/** DMA windows: created, found, removed. The container's lock is held. */
final class Windows {
  private static final int PAGE_SHIFT_4K = 12;

  private Windows() {}

  /** {@code VFIO_IOMMU_SPAPR_TCE_CREATE}. */
  static void create(TceContainer container, Caller caller, MemorySegment argument) {
    container.bindProcess(caller);
    checkGroups(container);
    Args.sized(argument, VfioIommuSpaprTceCreate.MIN_ARGSZ);
    VfioIommuSpaprTceCreate call = VfioIommuSpaprTceCreate.decode(argument);
    checkFlags(call.flags());
    createPending(container, caller);
    Window window = create(container, caller, call.pageShift(), call.windowSize(), call.levels());
    new VfioIommuSpaprTceCreate(
            call.argsz(),
            call.flags(),
            call.pageShift(),
            call.resv1(),
            call.windowSize(),
            call.levels(),
            call.resv2(),
            window.start())
        .encode(argument);
  }

  /** {@code VFIO_IOMMU_SPAPR_TCE_REMOVE}. */
  static void remove(TceContainer container, Caller caller, MemorySegment argument) {
    container.bindProcess(caller);
    checkGroups(container);
    Args.sized(argument, VfioIommuSpaprTceRemove.MIN_ARGSZ);
    VfioIommuSpaprTceRemove call = VfioIommuSpaprTceRemove.decode(argument);
    checkFlags(call.flags());
    if (container.defaultWindowPending && call.startAddr() == 0) {
      container.defaultWindowPending = false;
      return;
    }
    int number = numberAt(container, call.startAddr());
    if (number < 0) {
      throw Errno.EINVAL.because("0x%x is in no window", call.startAddr());
    }
    for (IommuGroup group : container.groups) {
      checkDynamic(group);
    }
    unset(container, number);
    free(container, number);
  }

  private static void checkGroups(TceContainer container) {
    if (container.groups.isEmpty()) {
      throw Errno.ENXIO.because("the container has no group");
    }
  }

  private static void checkFlags(int flags) {
    if (flags != 0) {
      throw Errno.EINVAL.because("no flags are defined, 0x%x were given", flags);
    }
  }

  private static void checkDynamic(IommuGroup group) {
    if (!TceContainer.tables(group).hasDynamicWindows()) {
      throw Errno.EPERM.because("the platform cannot change the windows of group %d", group.id());
    }
  }

  /** Makes the default window if it was put off; its error is the caller's. */
  static void createPending(TceContainer container, Caller caller) {
    if (!container.defaultWindowPending) {
      return;
    }
    if (container.groups.isEmpty()) {
      throw Errno.ENODEV.because("the container has no group to make its default window for");
    }
    TceTableGroup tables = TceContainer.tables(container.groups.getFirst());
    container.bindProcess(caller);
    create(container, caller, PAGE_SHIFT_4K, tables.tce32Size(), 1);
    container.defaultWindowPending = false;
  }

  private static Window create(
      TceContainer container, Caller caller, int pageShift, long windowSize, int levels) {
    int number = freeNumber(container);
    IommuGroup first = container.groups.getFirst();
    TceTableGroup tables = TceContainer.tables(first);
    boolean knownSize =
        Integer.compareUnsigned(pageShift, Long.SIZE) < 0
            && (tables.pageSizes() & 1L << pageShift) != 0;
    if (!knownSize) {
      throw Errno.EINVAL.because(
          "group %d has no pages of 2^%s bytes (mask 0x%x)",
          first.id(), Integer.toUnsignedString(pageShift), tables.pageSizes());
    }
    checkDynamic(first);
    long tableBytes = tables.tableSize(pageShift, windowSize, levels);
    if (tableBytes == 0) {
      throw Errno.EINVAL.because(
          "a window of 0x%x bytes with %s levels is impossible",
          windowSize, Integer.toUnsignedString(levels));
    }
    long pages = Window.pages(tableBytes);
    container.process.charge(pages, TceContainer.limitOf(caller));
    Window window;
    try {
      window = new Window(tables.createTable(number, pageShift, windowSize, levels), pages);
    } catch (RuntimeException e) {
      container.process.uncharge(pages);
      throw e;
    }
    set(container, number, window);
    return window;
  }

  private static int freeNumber(TceContainer container) {
    for (int number = 0; number < container.windows.length; number++) {
      if (container.windows[number] == null) {
        return number;
      }
    }
    throw Errno.ENOSPC.because("the container has its %d windows", container.windows.length);
  }

  /** Shows the window to all groups, or to none. */
  private static void set(TceContainer container, int number, Window window) {
    int done = 0;
    try {
      for (IommuGroup group : container.groups) {
        TceContainer.tables(group).setWindow(number, window.table());
        done++;
      }
      container.windows[number] = window;
    } catch (RuntimeException e) {
      for (int i = done - 1; i >= 0; i--) {
        TceContainer.tables(container.groups.get(i)).unsetWindow(number);
      }
      window.table().close();
      container.process.uncharge(window.chargedPages());
      throw e;
    }
  }

  private static void unset(TceContainer container, int number) {
    for (IommuGroup group : container.groups) {
      TceContainer.tables(group).unsetWindow(number);
    }
  }

  /** Clears and frees a window that no group sees any more. */
  static void free(TceContainer container, int number) {
    Window window = container.windows[number];
    TceTable table = window.table();
    Mappings.clear(container, window, table.offset(), table.entries());
    table.close();
    container.process.uncharge(window.chargedPages());
    container.windows[number] = null;
  }

  /** The window that an address lies in. */
  static Window at(TceContainer container, long iova) {
    int number = numberAt(container, iova);
    if (number < 0) {
      throw Errno.ENXIO.because("0x%x is in no window", iova);
    }
    return container.windows[number];
  }

  private static int numberAt(TceContainer container, long iova) {
    for (int number = 0; number < container.windows.length; number++) {
      Window window = container.windows[number];
      if (window != null && window.contains(iova)) {
        return number;
      }
    }
    return -1;
  }
}

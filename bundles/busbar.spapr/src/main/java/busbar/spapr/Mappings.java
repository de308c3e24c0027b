package busbar.spapr;

import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.TceTable;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.Extent;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;

/** {@code MAP_DMA} and {@code UNMAP_DMA}: entry by entry. The container's lock is held. */
final class Mappings {
  /**
   * What the parameter check of 7.x returns instead of an errno; the caller sees it as a result.
   */
  private static final long MISPLACED = 1;

  private static final long PROTECTION = IommuDomain.READ | IommuDomain.WRITE;

  private Mappings() {}

  /**
   * {@code VFIO_IOMMU_MAP_DMA}.
   *
   * @return 0, or 1 (and nothing done) if {@code iova} is not the start of a page: the recorded
   *     kernel answers so
   */
  static long map(TceContainer container, Caller caller, MemorySegment argument) {
    container.checkEnabled();
    Args.sized(argument, VfioIommuType1DmaMap.MIN_ARGSZ);
    VfioIommuType1DmaMap call = VfioIommuType1DmaMap.decode(argument);
    if ((call.flags() & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) != 0) {
      throw Errno.EINVAL.because("MAP_DMA has unknown flags 0x%x", call.flags());
    }
    Windows.createPending(container, caller);
    Window window = Windows.at(container, call.iova());
    if (((call.size() | call.vaddr()) & window.pageSize() - 1) != 0) {
      throw Errno.EINVAL.because(
          "vaddr 0x%x and size 0x%x are not multiples of the window's page of 0x%x bytes",
          call.vaddr(), call.size(), window.pageSize());
    }
    if (call.flags() == 0) {
      throw Errno.EINVAL.because("a mapping without READ and WRITE");
    }
    if (!window.fits(call.iova(), 1)) {
      return MISPLACED;
    }
    int shift = window.table().pageShift();
    long pages = call.size() >>> shift;
    if (!window.fits(call.iova(), pages)) {
      // the recorded kernel walks off the table here and dies
      throw Errno.EINVAL.because(
          "0x%x with 0x%x bytes reaches beyond the window at 0x%x",
          call.iova(), call.size(), window.start());
    }
    build(container, window, call.iova() >>> shift, call.vaddr(), pages, call.flags());
    return 0;
  }

  /** Sets entries; if one fails, those set by this call are cleared. */
  private static void build(
      TceContainer container, Window window, long entry, long vaddr, long pages, int flags) {
    TceTable table = window.table();
    long done = 0;
    try {
      for (; done < pages; done++) {
        long physical = use(container, table, vaddr + (done << table.pageShift()), flags);
        long old = table.exchange(entry + done, physical | protection(flags));
        unuse(container, table, old);
      }
      table.flush(entry, pages);
    } catch (RuntimeException e) {
      clear(container, window, entry, done);
      throw e;
    }
  }

  private static long protection(int flags) {
    long protection = 0;
    if ((flags & VFIO_DMA_MAP_FLAG_READ) != 0) {
      protection |= IommuDomain.READ;
    }
    if ((flags & VFIO_DMA_MAP_FLAG_WRITE) != 0) {
      protection |= IommuDomain.WRITE;
    }
    return protection;
  }

  /** v2 looks the page up among those registered; v1 pins it. */
  private static long use(TceContainer container, TceTable table, long vaddr, int flags) {
    if (container.isV2()) {
      return container.registrations().map(vaddr, table.pageShift());
    }
    Access access = (flags & VFIO_DMA_MAP_FLAG_WRITE) != 0 ? Access.READ_WRITE : Access.READ;
    AddressSpace space = container.process;
    long length = 1L << table.pageShift();
    Extent extent = space.pin(vaddr, length, access);
    if (extent.length() < length || space.pageSizeAt(vaddr) < length) {
      space.physicalMemory().unpin(extent.physical(), extent.length());
      throw Errno.EPERM.because(
          "the window has pages of 0x%x bytes, the host page at 0x%x is smaller", length, vaddr);
    }
    return extent.physical();
  }

  private static void unuse(TceContainer container, TceTable table, long entry) {
    long physical = entry & ~PROTECTION;
    if ((entry & PROTECTION) == 0) {
      return;
    }
    if (container.isV2()) {
      container.registrations().unmap(physical);
    } else {
      container.process.physicalMemory().unpin(physical, 1L << table.pageShift());
    }
  }

  /** {@code VFIO_IOMMU_UNMAP_DMA}; returns as {@link #map}, and does not write a size back. */
  static long unmap(TceContainer container, Caller caller, MemorySegment argument) {
    container.checkEnabled();
    Args.sized(argument, VfioIommuType1DmaUnmap.MIN_ARGSZ);
    VfioIommuType1DmaUnmap call = VfioIommuType1DmaUnmap.decode(argument);
    if (call.flags() != 0) {
      throw Errno.EINVAL.because("UNMAP_DMA knows no flags, 0x%x were given", call.flags());
    }
    Windows.createPending(container, caller);
    Window window = Windows.at(container, call.iova());
    if ((call.size() & window.pageSize() - 1) != 0) {
      throw Errno.EINVAL.because(
          "size 0x%x is not a multiple of the window's page of 0x%x bytes",
          call.size(), window.pageSize());
    }
    int shift = window.table().pageShift();
    long pages = call.size() >>> shift;
    if (!window.fits(call.iova(), pages)) {
      return MISPLACED;
    }
    clear(container, window, call.iova() >>> shift, pages);
    return 0;
  }

  /** Clears entries; DMA that used them is over when this returns, then their pages are let go. */
  static void clear(TceContainer container, Window window, long entry, long pages) {
    TceTable table = window.table();
    for (long at = table.next(entry, entry + pages); at < entry + pages; ) {
      long old = table.exchange(at, 0);
      table.flush(at, 1);
      unuse(container, table, old);
      at = table.next(at + 1, entry + pages);
    }
  }
}

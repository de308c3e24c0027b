package busbar.type1;

import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
import static java.lang.Long.toUnsignedString;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.uapi.VfioBitmap;
import busbar.uapi.VfioIommuType1DirtyBitmap;
import busbar.uapi.VfioIommuType1DirtyBitmapGet;
import java.lang.foreign.MemorySegment;

/**
 * {@code VFIO_IOMMU_DIRTY_PAGES}. A group that writes where it likes makes every mapped page dirty
 * at every question; what the hardware's own dirty bits say, type1 never asks.
 */
final class DirtyPages {
  /** The largest bitmap, in bytes: one for 2^31 pages. */
  static final long MAX_BITMAP_BYTES = 1L << 28;

  /** No client of any architecture has memory beyond. */
  private static final long USER_SPACE_END = 1L << 56;

  private static final int FLAGS =
      VFIO_IOMMU_DIRTY_PAGES_FLAG_START
          | VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
          | VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;

  private DirtyPages() {}

  static long ioctl(Type1Iommu iommu, Caller caller, MemorySegment argument) {
    if (!iommu.v2) {
      throw Errno.EACCES.because("a container of the old type 1 tracks no dirty pages");
    }
    Args.sized(argument, VfioIommuType1DirtyBitmap.SIZE);
    VfioIommuType1DirtyBitmap dirty = VfioIommuType1DirtyBitmap.decode(argument);
    if ((dirty.flags() & ~FLAGS) != 0 || Integer.bitCount(dirty.flags()) != 1) {
      throw Errno.EINVAL.because(
          "DIRTY_PAGES takes one of START, STOP and GET_BITMAP, not flags 0x%x", dirty.flags());
    }
    switch (dirty.flags()) {
      case VFIO_IOMMU_DIRTY_PAGES_FLAG_START -> start(iommu);
      case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP -> stop(iommu);
      default -> get(iommu, caller, dirty, argument);
    }
    return 0;
  }

  private static void start(Type1Iommu iommu) {
    iommu.lock.lock();
    try {
      if (iommu.dirtyTracking) {
        return;
      }
      try {
        for (DmaMapping m = first(iommu); m != null; m = iommu.mappings.next(m)) {
          track(iommu, m);
        }
        iommu.dirtyTracking = true;
      } finally {
        if (!iommu.dirtyTracking) {
          forgetAll(iommu);
        }
      }
    } finally {
      iommu.lock.unlock();
    }
  }

  private static void stop(Type1Iommu iommu) {
    iommu.lock.lock();
    try {
      iommu.dirtyTracking = false;
      forgetAll(iommu);
    } finally {
      iommu.lock.unlock();
    }
  }

  private static void forgetAll(Type1Iommu iommu) {
    for (DmaMapping m = first(iommu); m != null; m = iommu.mappings.next(m)) {
      m.dirty = null;
    }
  }

  private static DmaMapping first(Type1Iommu iommu) {
    return iommu.mappings.first();
  }

  /** Gives a mapping its bitmap; {@code EINVAL} if it is too large for one, {@code ENOMEM}. */
  static void track(Type1Iommu iommu, DmaMapping mapping) {
    mapping.dirty = new DirtyBitmap(mapping.size >>> iommu.smallestPageShift());
    markPinned(iommu, mapping);
  }

  /** Whoever holds a page pinned may write it any time. */
  private static void markPinned(Type1Iommu iommu, DmaMapping mapping) {
    if (mapping.isPinned()) {
      for (PinnedPages.Page page : mapping.pinned.all()) {
        mapping.dirty.mark(page.iova - mapping.iova >>> iommu.smallestPageShift());
      }
    }
  }

  /** Pages were written behind our back until now. */
  static void markAll(Type1Iommu iommu) {
    for (DmaMapping m = first(iommu); m != null; m = iommu.mappings.next(m)) {
      m.dirty.markAll();
    }
  }

  /** The page size has changed: the bits of before say nothing any more. */
  static void retrack(Type1Iommu iommu) {
    for (DmaMapping m = first(iommu); m != null; m = iommu.mappings.next(m)) {
      m.dirty = new DirtyBitmap(m.size >>> iommu.smallestPageShift());
      m.dirty.markAll();
    }
  }

  private static void get(
      Type1Iommu iommu, Caller caller, VfioIommuType1DirtyBitmap dirty, MemorySegment argument) {
    long needed = VfioIommuType1DirtyBitmap.SIZE + VfioIommuType1DirtyBitmapGet.SIZE;
    if (Integer.toUnsignedLong(dirty.argsz()) < needed) {
      throw Errno.EINVAL.because(
          "argsz is %d, GET_BITMAP needs %d", Integer.toUnsignedLong(dirty.argsz()), needed);
    }
    Args.struct(argument, needed);
    VfioIommuType1DirtyBitmapGet range =
        VfioIommuType1DirtyBitmapGet.decode(argument, VfioIommuType1DirtyBitmap.SIZE);
    if (range.size() == 0) {
      throw Errno.EINVAL.because("dirty pages of 0 bytes at iova 0x%x", range.iova());
    }
    if (MapDma.wraps(range.iova(), range.size())) {
      throw Errno.EOVERFLOW.because(
          "%s bytes at iova 0x%x go beyond 64 bits", toUnsignedString(range.size()), range.iova());
    }
    checkBitmap(range.bitmap(), range.size());
    iommu.lock.lock();
    try {
      checkRange(iommu, range);
      copyOutAll(iommu, caller, range);
    } finally {
      iommu.lock.unlock();
    }
  }

  /**
   * Whether the user's bitmap can be there and holds a range. A page size of 0, of which the kernel
   * makes nothing defined, is refused.
   */
  static void checkBitmap(VfioBitmap bitmap, long rangeSize) {
    long end = bitmap.data() + bitmap.size();
    if (Long.compareUnsigned(end, bitmap.data()) < 0
        || Long.compareUnsigned(end, USER_SPACE_END) > 0) {
      throw Errno.EINVAL.because(
          "a bitmap of %s bytes at 0x%x is not in user space",
          toUnsignedString(bitmap.size()), bitmap.data());
    }
    int shift = Long.numberOfTrailingZeros(bitmap.pgsize());
    long pages = bitmap.pgsize() == 0 ? 0 : rangeSize >>> shift;
    if (pages == 0
        || bitmap.size() == 0
        || Long.compareUnsigned(bitmap.size(), MAX_BITMAP_BYTES) > 0
        || bitmap.size() < DirtyBitmap.bytes(pages)) {
      throw Errno.EINVAL.because(
          "a bitmap of %s bytes cannot hold %s pages",
          toUnsignedString(bitmap.size()), toUnsignedString(pages));
    }
  }

  private static void checkRange(Type1Iommu iommu, VfioIommuType1DirtyBitmapGet range) {
    long page = iommu.smallestPage();
    if (range.bitmap().pgsize() != page || ((range.iova() | range.size()) & page - 1) != 0) {
      throw Errno.EINVAL.because(
          "iova 0x%x, size 0x%x: dirty pages are told in pages of %d bytes",
          range.iova(), range.size(), page);
    }
    if (!iommu.dirtyTracking) {
      throw Errno.EINVAL.because("dirty pages are not tracked: START was not called");
    }
    UnmapDma.checkWhole(iommu, range.iova(), range.iova() + range.size() - 1);
  }

  private static void copyOutAll(
      Type1Iommu iommu, Caller caller, VfioIommuType1DirtyBitmapGet range) {
    long last = range.iova() + range.size() - 1;
    DmaMapping m = iommu.mappings.firstOverlapping(range.iova(), last);
    for (; m != null; m = UnmapDma.nextUpTo(iommu, m, last)) {
      copyOut(iommu, caller, m, range.bitmap(), range.iova());
      m.dirty.clearAll();
      markPinned(iommu, m);
    }
  }

  /**
   * Adds a mapping's dirty pages to the user's bitmap, whose first bit is the page at {@code base}.
   */
  static void copyOut(
      Type1Iommu iommu, Caller caller, DmaMapping mapping, VfioBitmap bitmap, long base) {
    if (iommu.nonPinnedGroups > 0 && mapping.has(DmaMapping.IOMMU_MAPPED)) {
      mapping.dirty.markAll();
    }
    long offset = mapping.iova - base >>> iommu.smallestPageShift();
    mapping.dirty.copyOut(caller, bitmap.data(), offset);
  }
}

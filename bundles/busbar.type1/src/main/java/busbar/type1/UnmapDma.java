package busbar.type1;

import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_VADDR;
import static java.lang.Long.toUnsignedString;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.uapi.VfioBitmap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code VFIO_IOMMU_UNMAP_DMA}: takes mappings out, or suspends their vaddr. */
final class UnmapDma {
  private static final int FLAGS =
      VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR;

  /** How often a mapping's pinned pages are asked for; the kernel halts after as many. */
  private static final int MAX_UNPIN_REQUESTS = 10;

  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private UnmapDma() {}

  static long ioctl(Type1Iommu iommu, Caller caller, MemorySegment argument) {
    Args.sized(argument, VfioIommuType1DmaUnmap.MIN_ARGSZ);
    VfioIommuType1DmaUnmap unmap = VfioIommuType1DmaUnmap.decode(argument);
    if ((unmap.flags() & ~FLAGS) != 0) {
      throw Errno.EINVAL.because("UNMAP_DMA has no flags 0x%x", unmap.flags() & ~FLAGS);
    }
    VfioBitmap bitmap =
        isSet(unmap, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) ? bitmap(unmap, argument) : null;
    long unmapped;
    iommu.lock.lock();
    try {
      long last = checkRange(iommu, unmap, bitmap);
      unmapped =
          isSet(unmap, VFIO_DMA_UNMAP_FLAG_VADDR)
              ? suspend(iommu, unmap, last)
              : remove(iommu, caller, unmap, last, bitmap);
    } finally {
      iommu.lock.unlock();
    }
    writeBack(argument, unmapped);
    return 0;
  }

  private static boolean isSet(VfioIommuType1DmaUnmap unmap, int flag) {
    return (unmap.flags() & flag) != 0;
  }

  private static void writeBack(MemorySegment argument, long unmapped) {
    if (argument.isReadOnly()) {
      throw Errno.EFAULT.because("the argument at 0x%x is read-only", argument.address());
    }
    argument.set(U64, VfioIommuType1DmaUnmap.OFFSET_SIZE, unmapped);
  }

  private static VfioBitmap bitmap(VfioIommuType1DmaUnmap unmap, MemorySegment argument) {
    if (isSet(unmap, VFIO_DMA_UNMAP_FLAG_ALL) || isSet(unmap, VFIO_DMA_UNMAP_FLAG_VADDR)) {
      throw Errno.EINVAL.because("UNMAP_DMA gives no dirty bitmap together with ALL or VADDR");
    }
    long needed = VfioIommuType1DmaUnmap.SIZE + VfioBitmap.SIZE;
    if (Integer.compareUnsigned(unmap.argsz(), (int) needed) < 0) {
      throw Errno.EINVAL.because(
          "argsz is %d, with a dirty bitmap it is at least %d",
          Integer.toUnsignedLong(unmap.argsz()), needed);
    }
    Args.struct(argument, needed);
    VfioBitmap bitmap = VfioBitmap.decode(argument, VfioIommuType1DmaUnmap.OFFSET_DATA);
    DirtyPages.checkBitmap(bitmap, unmap.size());
    return bitmap;
  }

  /** The checks of the range in the kernel's order; returns its last address. */
  private static long checkRange(
      Type1Iommu iommu, VfioIommuType1DmaUnmap unmap, VfioBitmap bitmap) {
    if (isSet(unmap, VFIO_DMA_UNMAP_FLAG_VADDR) && !iommu.emulatedGroups.isEmpty()) {
      throw Errno.EBUSY.because(
          "vaddr cannot be suspended: group %d needs it to reach memory",
          iommu.emulatedGroups.getFirst().group.id());
    }
    long page = iommu.smallestPage();
    if ((unmap.iova() & page - 1) != 0) {
      throw Errno.EINVAL.because(
          "iova 0x%x is not a multiple of the page, %d bytes", unmap.iova(), page);
    }
    long last = last(unmap, page);
    if (bitmap != null && (!iommu.dirtyTracking || bitmap.pgsize() != page)) {
      throw Errno.EINVAL.because(
          "dirty pages are not tracked, or not in pages of %s bytes",
          toUnsignedString(bitmap.pgsize()));
    }
    return last;
  }

  private static long last(VfioIommuType1DmaUnmap unmap, long page) {
    long size = unmap.size();
    if (isSet(unmap, VFIO_DMA_UNMAP_FLAG_ALL)) {
      if (unmap.iova() != 0 || size != 0) {
        throw Errno.EINVAL.because("UNMAP_DMA of ALL takes no iova and no size");
      }
      return -1;
    }
    if (size == 0 || (size & page - 1) != 0) {
      throw Errno.EINVAL.because(
          "size 0x%x is 0 or not a multiple of the page, %d bytes", size, page);
    }
    if (MapDma.wraps(unmap.iova(), size)) {
      throw Errno.EOVERFLOW.because(
          "%s bytes at iova 0x%x go beyond 64 bits", toUnsignedString(size), unmap.iova());
    }
    return unmap.iova() + size - 1;
  }

  /** A v2 container never cuts a mapping. */
  static void checkWhole(Type1Iommu iommu, long first, long last) {
    DmaMapping low = iommu.mappings.at(first);
    if (low != null && low.iova != first) {
      throw cuts(low, first);
    }
    DmaMapping high = iommu.mappings.at(last);
    if (high != null && high.last() != last) {
      throw cuts(high, last);
    }
  }

  private static VfioException cuts(DmaMapping mapping, long iova) {
    return Errno.EINVAL.because(
        "iova 0x%x would cut the mapping from 0x%x to 0x%x", iova, mapping.iova, mapping.last());
  }

  /** The first mapping to work on, {@code null} if there is none; the range may cut none in v2. */
  private static DmaMapping start(Type1Iommu iommu, VfioIommuType1DmaUnmap unmap, long last) {
    DmaMapping start = iommu.mappings.firstOverlapping(unmap.iova(), last);
    if (start == null || start.iova == unmap.iova() && start.last() == last) {
      return start;
    }
    if (iommu.v2) {
      if (!isSet(unmap, VFIO_DMA_UNMAP_FLAG_ALL)) {
        checkWhole(iommu, unmap.iova(), last);
      }
      return start;
    }
    // v1: a mapping that begins before the range stops the walk
    return Long.compareUnsigned(start.iova, unmap.iova()) < 0 ? null : start;
  }

  static DmaMapping nextUpTo(Type1Iommu iommu, DmaMapping mapping, long last) {
    if (mapping.last() == last) {
      return null;
    }
    DmaMapping next = iommu.mappings.next(mapping);
    return next == null || Long.compareUnsigned(next.iova, last) > 0 ? null : next;
  }

  /** Suspends all or, if one is suspended already, none. */
  private static long suspend(Type1Iommu iommu, VfioIommuType1DmaUnmap unmap, long last) {
    DmaMapping start = start(iommu, unmap, last);
    for (DmaMapping m = start; m != null; m = nextUpTo(iommu, m, last)) {
      if (m.has(DmaMapping.SUSPENDED)) {
        throw Errno.EINVAL.because("vaddr of the mapping at 0x%x is suspended already", m.iova);
      }
    }
    long bytes = 0;
    for (DmaMapping m = start; m != null; m = nextUpTo(iommu, m, last)) {
      m.set(DmaMapping.SUSPENDED);
      iommu.suspended++;
      bytes += m.size;
    }
    return bytes;
  }

  private static long remove(
      Type1Iommu iommu, Caller caller, VfioIommuType1DmaUnmap unmap, long last, VfioBitmap bitmap) {
    long bytes = 0;
    int requests = 0;
    DmaMapping asked = null;
    DmaMapping m = start(iommu, unmap, last);
    while (m != null) {
      if (m.isPinned()) {
        requests = m == asked ? requests + 1 : 0;
        asked = m;
        if (requests > MAX_UNPIN_REQUESTS) {
          throw Errno.EBUSY.because(
              "%d pages of the mapping at 0x%x are still pinned by a mediated device that was asked"
                  + " %d times to let go",
              m.pinned.count(), m.iova, MAX_UNPIN_REQUESTS);
        }
        Pinning.askToUnpin(iommu, m);
        // the lock was dropped: everything may have changed
        m = start(iommu, unmap, last);
        continue;
      }
      if (bitmap != null) {
        DirtyPages.copyOut(iommu, caller, m, bitmap, unmap.iova());
      }
      DmaMapping next = nextUpTo(iommu, m, last);
      bytes += m.size;
      iommu.remove(m);
      m = next;
    }
    return bytes;
  }
}

package busbar.type1;

import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;
import static java.lang.Long.toUnsignedString;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.iommu.IommuDomain;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.LimitRule;
import busbar.uapi.VfioIommuType1DmaMap;
import java.lang.foreign.MemorySegment;

/** {@code VFIO_IOMMU_MAP_DMA}: a new mapping, or a new vaddr for a suspended one. */
final class MapDma {
  private static final int FLAGS =
      VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;

  private MapDma() {}

  static long ioctl(Type1Iommu iommu, Caller caller, MemorySegment argument) {
    Args.sized(argument, VfioIommuType1DmaMap.MIN_ARGSZ);
    VfioIommuType1DmaMap map = VfioIommuType1DmaMap.decode(argument);
    if ((map.flags() & ~FLAGS) != 0) {
      throw Errno.EINVAL.because("MAP_DMA has no flags 0x%x", map.flags() & ~FLAGS);
    }
    checkRange(map);
    int protection = protection(map.flags());
    boolean newVaddr = (map.flags() & VFIO_DMA_MAP_FLAG_VADDR) != 0;
    if (newVaddr == (protection != 0)) {
      throw Errno.EINVAL.because(
          "MAP_DMA with flags 0x%x: it takes READ or WRITE or both, or VADDR alone", map.flags());
    }
    iommu.lock.lock();
    try {
      checkAlignment(iommu, map);
      if (newVaddr) {
        changeVaddr(iommu, caller, map);
      } else {
        addMapping(iommu, caller, map, protection);
      }
    } finally {
      iommu.lock.unlock();
    }
    return 0;
  }

  private static void checkRange(VfioIommuType1DmaMap map) {
    long size = map.size();
    if (size == 0) {
      throw Errno.EINVAL.because("a mapping of 0 bytes at iova 0x%x", map.iova());
    }
    if (wraps(map.iova(), size) || wraps(map.vaddr(), size)) {
      throw Errno.EOVERFLOW.because(
          "%s bytes at iova 0x%x or vaddr 0x%x go beyond 64 bits",
          toUnsignedString(size), map.iova(), map.vaddr());
    }
  }

  /** Whether the last byte of a range that is not empty lies beyond 2^64. */
  static boolean wraps(long start, long size) {
    return Long.compareUnsigned(start + (size - 1), start) < 0;
  }

  private static int protection(int flags) {
    int read = (flags & VFIO_DMA_MAP_FLAG_READ) != 0 ? IommuDomain.READ : 0;
    int write = (flags & VFIO_DMA_MAP_FLAG_WRITE) != 0 ? IommuDomain.WRITE : 0;
    return read | write;
  }

  private static void checkAlignment(Type1Iommu iommu, VfioIommuType1DmaMap map) {
    long page = iommu.smallestPage();
    if (((map.size() | map.iova() | map.vaddr()) & page - 1) != 0) {
      throw Errno.EINVAL.because(
          "iova 0x%x, vaddr 0x%x and size 0x%x are not all multiples of the page, %d bytes",
          map.iova(), map.vaddr(), map.size(), page);
    }
  }

  private static void addMapping(
      Type1Iommu iommu, Caller caller, VfioIommuType1DmaMap map, int protection) {
    long last = map.iova() + map.size() - 1;
    DmaMapping there = iommu.mappings.firstOverlapping(map.iova(), last);
    if (there != null) {
      throw Errno.EEXIST.because(
          "iova 0x%x to 0x%x overlaps the mapping at 0x%x", map.iova(), last, there.iova);
    }
    if (iommu.available == 0) {
      throw Errno.ENOSPC.because(
          "the container has %d mappings, no more are allowed (dma_entry_limit)",
          iommu.mappings.size());
    }
    if (!iommu.iovas.allows(map.iova(), last)) {
      throw Errno.EINVAL.because(
          "iova 0x%x to 0x%x is reserved or beyond the reach of the IOMMU", map.iova(), last);
    }
    int flags = protection | lockFlag(caller);
    DmaMapping added = new DmaMapping(map.iova(), map.size(), map.vaddr(), caller.memory(), flags);
    if (iommu.hasDomains()) {
      PinMap.pinAndMap(iommu, added, iommu.domains);
      added.set(DmaMapping.IOMMU_MAPPED);
    }
    if (iommu.dirtyTracking) {
      trackOrUndo(iommu, added);
    }
    iommu.mappings.insert(added);
    iommu.available--;
  }

  private static int lockFlag(Caller caller) {
    return caller.has(Capability.IPC_LOCK) ? DmaMapping.LOCK_CAPABLE : 0;
  }

  private static void trackOrUndo(Type1Iommu iommu, DmaMapping added) {
    try {
      DirtyPages.track(iommu, added);
    } finally {
      if (added.dirty == null) {
        PinMap.unmapAndUnpin(iommu, added);
      }
    }
  }

  private static void changeVaddr(Type1Iommu iommu, Caller caller, VfioIommuType1DmaMap map) {
    DmaMapping mapping = iommu.mappings.firstOverlapping(map.iova(), map.iova() + map.size() - 1);
    if (mapping == null) {
      throw Errno.ENOENT.because("nothing is mapped at iova 0x%x", map.iova());
    }
    if (!mapping.has(DmaMapping.SUSPENDED)
        || mapping.iova != map.iova()
        || mapping.size != map.size()) {
      throw Errno.EINVAL.because(
          "the mapping at iova 0x%x with %s bytes is not suspended or not exactly the one meant",
          mapping.iova, toUnsignedString(mapping.size));
    }
    changeOwner(mapping, caller);
    mapping.vaddr = map.vaddr();
    mapping.clear(DmaMapping.SUSPENDED);
    iommu.suspended--;
  }

  /** Another process may go on with the mapping: then it pays for it. */
  private static void changeOwner(DmaMapping mapping, Caller caller) {
    AddressSpace heir = caller.memory();
    if (heir == mapping.owner) {
      return;
    }
    boolean capable = caller.has(Capability.IPC_LOCK);
    heir.charge(mapping.lockedPages, capable ? LimitRule.WAIVED : LimitRule.ENFORCED);
    mapping.owner.uncharge(mapping.lockedPages);
    mapping.owner = heir;
    if (capable) {
      mapping.set(DmaMapping.LOCK_CAPABLE);
    } else {
      mapping.clear(DmaMapping.LOCK_CAPABLE);
    }
  }
}

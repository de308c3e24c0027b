package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.Extent;
import busbar.type1.Type1Domain.Member;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;

/** How mediated devices reach memory: pages pinned one by one, and copies through the mappings. */
final class Pinning {
  private static final Logger LOG = System.getLogger(Pinning.class.getName());

  private Pinning() {}

  static void register(Type1Iommu iommu, UnmapListener listener) {
    iommu.listenersLock.lock();
    try {
      iommu.listeners.add(listener);
    } finally {
      iommu.listenersLock.unlock();
    }
  }

  /** When this returns the listener is not being called and never will be again. */
  static void unregister(Type1Iommu iommu, UnmapListener listener) {
    iommu.listenersLock.lock();
    try {
      iommu.listeners.remove(listener);
    } finally {
      iommu.listenersLock.unlock();
    }
  }

  /** Asks every device to let go of a mapping's pages. Called with the lock, which is dropped. */
  static void askToUnpin(Type1Iommu iommu, DmaMapping mapping) {
    long iova = mapping.iova;
    long size = mapping.size;
    iommu.lock.unlock();
    try {
      iommu.listenersLock.lock();
      try {
        iommu.listeners.forEach(listener -> ask(listener, iova, size));
      } finally {
        iommu.listenersLock.unlock();
      }
    } finally {
      iommu.lock.lock();
    }
  }

  private static void ask(UnmapListener listener, long iova, long size) {
    try {
      listener.dmaUnmap(iova, size);
    } catch (RuntimeException e) {
      LOG.log(
          Level.WARNING,
          "a mediated device fails to let go of what is unmapped: {0}",
          e.toString());
      LOG.log(Level.DEBUG, "where it fails", e);
    }
  }

  static long[] pinPages(Type1Iommu iommu, IommuGroup group, long iova, int pages, Access access) {
    if (pages <= 0) {
      throw Errno.EINVAL.because("%d pages cannot be pinned", pages);
    }
    if (!iommu.v2) {
      throw Errno.EACCES.because("a container of the old type 1 pins no pages for devices");
    }
    if (MapDma.wraps(iova, pages * PAGE)) {
      throw Errno.EOVERFLOW.because("%d pages at iova 0x%x go beyond 64 bits", pages, iova);
    }
    if (iova % PAGE != 0) {
      throw Errno.EINVAL.because("iova 0x%x is not the start of a page", iova);
    }
    iommu.lock.lock();
    try {
      checkNotSuspended(iommu, "pin pages");
      if (iommu.listeners.isEmpty()) {
        throw Errno.EINVAL.because("no device is open that would let go of pinned pages");
      }
      long[] physical = pinAll(iommu, iova, pages, access);
      promote(iommu, group);
      return physical;
    } finally {
      iommu.lock.unlock();
    }
  }

  private static void checkNotSuspended(Type1Iommu iommu, String what) {
    if (iommu.suspended > 0) {
      throw Errno.EBUSY.because(
          "vaddr of %d mappings is suspended: devices cannot %s", iommu.suspended, what);
    }
  }

  /** From its first pin on, a group is known to write to pinned pages only. */
  private static void promote(Type1Iommu iommu, IommuGroup group) {
    Member member = iommu.member(group);
    if (member != null && !member.pinnedScope) {
      member.pinnedScope = true;
      iommu.nonPinnedGroups--;
    }
  }

  private static long[] pinAll(Type1Iommu iommu, long iova, int pages, Access access) {
    long[] physical = new long[pages];
    int done = 0;
    try {
      for (; done < pages; done++) {
        physical[done] = pinOne(iommu, iova + done * PAGE, access);
      }
      return physical;
    } finally {
      if (done < pages) {
        unpinRange(iommu, iova, done);
      }
    }
  }

  private static long pinOne(Type1Iommu iommu, long iova, Access access) {
    DmaMapping mapping = iommu.mappings.firstOverlapping(iova, iova + PAGE - 1);
    if (mapping == null) {
      throw Errno.EINVAL.because("nothing is mapped at iova 0x%x", iova);
    }
    int wanted =
        switch (access) {
          case READ -> IommuDomain.READ;
          case WRITE -> IommuDomain.WRITE;
          case READ_WRITE -> IommuDomain.READ | IommuDomain.WRITE;
        };
    if ((mapping.protection() & wanted) != wanted) {
      throw Errno.EPERM.because("the mapping at iova 0x%x does not allow %s", mapping.iova, access);
    }
    PinnedPages.Page page = mapping.isPinned() ? mapping.pinned.at(iova) : null;
    if (page != null) {
      page.uses++;
      return page.physical;
    }
    long physical = pinMemory(iommu, mapping, iova);
    if (mapping.pinned == null) {
      mapping.pinned = new PinnedPages();
    }
    mapping.pinned.add(new PinnedPages.Page(iova, physical, 1));
    if (iommu.dirtyTracking) {
      mapping.dirty.mark(iova - mapping.iova >>> iommu.smallestPageShift());
    }
    return physical;
  }

  private static long pinMemory(Type1Iommu iommu, DmaMapping mapping, long iova) {
    AddressSpace owner = mapping.owner;
    if (owner.isClosed()) {
      throw Errno.ENODEV.because("client %s, whose memory it was, is gone", owner.name());
    }
    Extent page = owner.pin(mapping.vaddr + (iova - mapping.iova), PAGE, mapping.access());
    if (!page.charged()) {
      throw Errno.EINVAL.because("iova 0x%x leads to a device window, which has no pages", iova);
    }
    if (!mapping.has(DmaMapping.IOMMU_MAPPED)) {
      try {
        owner.charge(1, mapping.limitRule());
      } catch (VfioException e) {
        owner.physicalMemory().unpin(page.physical(), PAGE);
        PinMap.warnOfLimit(owner);
        throw e;
      }
      mapping.lockedPages++;
    }
    return page.physical();
  }

  static void unpinPages(Type1Iommu iommu, long iova, int pages) {
    if (!iommu.v2) {
      return;
    }
    iommu.lock.lock();
    try {
      unpinRange(iommu, iova, pages);
    } finally {
      iommu.lock.unlock();
    }
  }

  /** Stops at the first page that is not mapped. */
  private static void unpinRange(Type1Iommu iommu, long iova, int pages) {
    for (int i = 0; i < pages; i++) {
      long at = iova + i * PAGE;
      DmaMapping mapping = iommu.mappings.firstOverlapping(at, at + PAGE - 1);
      if (mapping == null) {
        return;
      }
      PinnedPages.Page page = mapping.isPinned() ? mapping.pinned.at(at) : null;
      if (page != null && --page.uses == 0) {
        unpin(mapping, page);
      }
    }
  }

  private static void unpin(DmaMapping mapping, PinnedPages.Page page) {
    mapping.owner.physicalMemory().unpin(page.physical, PAGE);
    mapping.pinned.remove(page);
    if (mapping.pinned.isEmpty()) {
      mapping.pinned = null;
    }
    if (!mapping.has(DmaMapping.IOMMU_MAPPED)) {
      mapping.owner.uncharge(1);
      mapping.lockedPages--;
    }
  }

  static void dmaRw(Type1Iommu iommu, long iova, MemorySegment buffer, Access access) {
    iommu.lock.lock();
    try {
      checkNotSuspended(iommu, "read or write memory");
      for (long done = 0; done < buffer.byteSize(); ) {
        long at = iova + done;
        DmaMapping mapping = mappingFor(iommu, at, access);
        long offset = at - mapping.iova;
        long chunk = IovaList.min(buffer.byteSize() - done, mapping.size - offset);
        copy(mapping, offset, buffer.asSlice(done, chunk), access);
        if (access.writes() && iommu.dirtyTracking) {
          int shift = iommu.smallestPageShift();
          long firstPage = offset >>> shift;
          mapping.dirty.mark(firstPage, (offset + chunk - 1 >>> shift) - firstPage + 1);
        }
        done += chunk;
      }
    } finally {
      iommu.lock.unlock();
    }
  }

  /** A mapping that devices cannot read refuses writes as well, as in the kernel. */
  private static DmaMapping mappingFor(Type1Iommu iommu, long iova, Access access) {
    DmaMapping mapping = iommu.mappings.at(iova);
    if (mapping == null) {
      throw Errno.EINVAL.because("nothing is mapped at iova 0x%x", iova);
    }
    boolean allowed =
        mapping.has(IommuDomain.READ) && (!access.writes() || mapping.has(IommuDomain.WRITE));
    if (!allowed) {
      throw Errno.EPERM.because("the mapping at iova 0x%x does not allow %s", mapping.iova, access);
    }
    if (mapping.owner.isClosed()) {
      throw Errno.EPERM.because("client %s, whose memory it was, is gone", mapping.owner.name());
    }
    return mapping;
  }

  private static void copy(DmaMapping mapping, long offset, MemorySegment buffer, Access access) {
    if (access.writes()) {
      mapping.owner.write(mapping.vaddr + offset, buffer);
    } else {
      mapping.owner.read(mapping.vaddr + offset, buffer);
    }
  }
}

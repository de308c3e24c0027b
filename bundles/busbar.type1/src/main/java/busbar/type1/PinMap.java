package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.iommu.IommuDomain;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.Extent;
import busbar.api.memory.PhysicalMemory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Pins the memory of mappings and puts it into page tables, and takes both back.
 *
 * <p>Physical addresses are remembered by the page table alone, unless a mapping is one run. What a
 * mapping is charged follows from what holds its pages: all of them while it is mapped for devices,
 * else those that mediated devices pinned; pages of device windows never.
 */
final class PinMap {
  private static final Logger LOG = System.getLogger(PinMap.class.getName());

  private PinMap() {}

  /**
   * Pins a mapping run by run and maps each run into all domains of the list.
   *
   * @throws VfioException {@code EFAULT}, {@code ENOMEM} over the locked-memory limit, or what the
   *     hardware says; nothing is left pinned, mapped or charged by the call then
   */
  static void pinAndMap(Type1Iommu iommu, DmaMapping mapping, List<Type1Domain> domains) {
    long step = iommu.parameters.disableHugepages() ? PAGE : mapping.size;
    long done = 0;
    boolean mapped = false;
    try {
      while (done != mapping.size) {
        Extent run = pin(mapping, done, IovaList.min(step, mapping.size - done));
        map(domains, mapping, done, run);
        noteRun(mapping, done, run.physical());
        done += run.length();
      }
      mapped = true;
    } finally {
      if (!mapped) {
        takeBack(iommu, mapping, done, domains);
      }
    }
  }

  private static void noteRun(DmaMapping mapping, long offset, long physical) {
    if (offset == 0) {
      mapping.physical = physical;
    } else if (mapping.physical != DmaMapping.NO_SINGLE_RUN
        && !continues(mapping.physical, offset, physical)) {
      mapping.physical = DmaMapping.NO_SINGLE_RUN;
    }
  }

  /** Whether an address goes on where a run ends; two blocks of client memory are never one run. */
  private static boolean continues(long run, long length, long physical) {
    boolean newBlock =
        PhysicalMemory.isClientMemory(physical) && PhysicalMemory.offset(physical) == 0;
    return physical == run + length && !newBlock;
  }

  private static Extent pin(DmaMapping mapping, long offset, long length) {
    AddressSpace owner = mapping.owner;
    Extent run = owner.pin(mapping.vaddr + offset, length, mapping.access());
    if (run.charged()) {
      long pages = run.length() / PAGE;
      if (mapping.isPinned()) {
        pages -= mapping.pinned.countIn(mapping.iova + offset, run.length());
      }
      charge(mapping, pages, run);
    }
    return run;
  }

  private static void charge(DmaMapping mapping, long pages, Extent run) {
    try {
      mapping.owner.charge(pages, mapping.limitRule());
      mapping.lockedPages += pages;
    } catch (VfioException e) {
      mapping.owner.physicalMemory().unpin(run.physical(), run.length());
      warnOfLimit(mapping.owner);
      throw e;
    }
  }

  static void warnOfLimit(AddressSpace owner) {
    LOG.log(
        Level.WARNING,
        "{0}: RLIMIT_MEMLOCK ({1}) exceeded",
        owner.name(),
        Long.toString(owner.lockedLimitBytes()));
  }

  private static void map(List<Type1Domain> domains, DmaMapping mapping, long offset, Extent run) {
    long iova = mapping.iova + offset;
    int done = 0;
    try {
      for (; done < domains.size(); done++) {
        IommuDomain hardware = domains.get(done).hardware;
        hardware.map(iova, run.physical(), run.length(), mapping.protection());
      }
    } finally {
      if (done < domains.size()) {
        while (--done >= 0) {
          domains.get(done).unmap(iova, run.length());
        }
        mapping.owner.physicalMemory().unpin(run.physical(), run.length());
      }
    }
  }

  /** Unmaps a mapping everywhere, unpins it and settles its charge. */
  static void unmapAndUnpin(Type1Iommu iommu, DmaMapping mapping) {
    long mapped = mapping.has(DmaMapping.IOMMU_MAPPED) ? mapping.size : 0;
    takeBack(iommu, mapping, mapped, iommu.domains);
  }

  private static void takeBack(
      Type1Iommu iommu, DmaMapping mapping, long length, List<Type1Domain> domains) {
    if (length != 0 && !domains.isEmpty()) {
      // the first domain still knows the physical addresses when the others have forgotten them
      for (int i = 1; i < domains.size(); i++) {
        domains.get(i).unmap(mapping.iova, length);
      }
      Type1Domain first = domains.getFirst();
      PhysicalMemory memory = mapping.owner.physicalMemory();
      if (mapping.physical != DmaMapping.NO_SINGLE_RUN) {
        first.unmap(mapping.iova, length);
        memory.unpin(mapping.physical, length);
      } else {
        takeBackRuns(iommu.runs, first, mapping.iova, length, memory);
      }
    }
    mapping.physical = DmaMapping.NO_SINGLE_RUN;
    mapping.clear(DmaMapping.IOMMU_MAPPED);
    settleCharge(mapping);
  }

  private static void takeBackRuns(
      RunList runs, Type1Domain domain, long iova, long length, PhysicalMemory memory) {
    for (long done = 0; done != length; ) {
      long from = done;
      while (done != length && !runs.isFull()) {
        long physical = domain.hardware.translate(iova + done);
        if (physical == -1) {
          done += PAGE;
          continue;
        }
        long run = runLength(domain.hardware, iova + done, physical, length - done);
        runs.add(physical, run);
        done += run;
      }
      domain.unmap(iova + from, done - from);
      runs.unpinAll(memory);
    }
  }

  /** The bytes from an iova on that are physically contiguous. */
  private static long runLength(IommuDomain domain, long iova, long physical, long limit) {
    long length = PAGE;
    while (Long.compareUnsigned(length, limit) < 0
        && continues(physical, length, domain.translate(iova + length))) {
      length += PAGE;
    }
    return length;
  }

  private static void settleCharge(DmaMapping mapping) {
    long due = 0;
    if (mapping.isPinned()) {
      due = mapping.pinned.count();
    }
    if (mapping.lockedPages != due) {
      mapping.owner.uncharge(mapping.lockedPages - due);
      mapping.lockedPages = due;
    }
  }

  /**
   * Puts every mapping into a domain that has just come: with the addresses that the older domains
   * know, or, if there is none, by pinning.
   *
   * @throws VfioException as {@link #pinAndMap}; the domain is empty again then
   */
  static void replay(Type1Iommu iommu, Type1Domain added) {
    List<Type1Domain> only = List.of(added);
    DmaMapping at = iommu.mappings.first();
    boolean replayed = false;
    try {
      for (; at != null; at = iommu.mappings.next(at)) {
        if (at.has(DmaMapping.IOMMU_MAPPED)) {
          copy(iommu.domains.getFirst().hardware, added, at);
        } else {
          pinAndMap(iommu, at, only);
        }
      }
      replayed = true;
    } finally {
      if (!replayed) {
        undoReplay(iommu, only, at);
      }
    }
    for (DmaMapping m = iommu.mappings.first(); m != null; m = iommu.mappings.next(m)) {
      m.set(DmaMapping.IOMMU_MAPPED);
    }
  }

  private static void undoReplay(Type1Iommu iommu, List<Type1Domain> added, DmaMapping failed) {
    for (DmaMapping m = iommu.mappings.first(); m != failed; m = iommu.mappings.next(m)) {
      if (m.has(DmaMapping.IOMMU_MAPPED)) {
        added.getFirst().unmap(m.iova, m.size);
      } else {
        takeBack(iommu, m, m.size, added);
      }
    }
  }

  private static void copy(IommuDomain from, Type1Domain to, DmaMapping mapping) {
    long done = 0;
    boolean copied = false;
    try {
      while (done != mapping.size) {
        long iova = mapping.iova + done;
        long left = mapping.size - done;
        boolean single = mapping.physical != DmaMapping.NO_SINGLE_RUN;
        long physical = single ? mapping.physical + done : from.translate(iova);
        if (physical == -1) {
          throw Errno.EIO.because(
              "the page table of %s has lost 0x%x, which is mapped", from.iommu().name(), iova);
        }
        long run = single ? left : runLength(from, iova, physical, left);
        to.hardware.map(iova, physical, run, mapping.protection());
        done += run;
      }
      copied = true;
    } finally {
      if (!copied && done != 0) {
        to.unmap(mapping.iova, done);
      }
    }
  }
}

package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.GroupType;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.ReservedRegion;
import busbar.type1.Type1Domain.Member;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** Groups coming and going: domains, reserved addresses, and the replay of what is mapped. */
final class GroupAttach {
  private static final Logger LOG = System.getLogger(GroupAttach.class.getName());

  private final Type1Iommu iommu;
  private final IommuGroup group;
  private final IommuDomain fresh;

  /** Whether the group is behind {@link #fresh} now. */
  private boolean attached;

  private GroupAttach(Type1Iommu iommu, IommuGroup group, IommuDomain fresh) {
    this.iommu = iommu;
    this.group = group;
    this.fresh = fresh;
  }

  static void attach(Type1Iommu iommu, IommuGroup group, GroupType type) {
    iommu.lock.lock();
    try {
      if (iommu.suspended > 0) {
        throw Errno.EBUSY.because(
            "vaddr of %d mappings is suspended: group %d would have to pin them",
            iommu.suspended, group.id());
      }
      if (iommu.member(group) != null) {
        throw Errno.EINVAL.because("group %d is attached already", group.id());
      }
      if (type == GroupType.EMULATED) {
        iommu.emulatedGroups.addFirst(new Member(group, true));
        return;
      }
      Iommu hardware =
          group
              .iommu()
              .orElseThrow(() -> Errno.ENODEV.because("group %d has no IOMMU", group.id()));
      new GroupAttach(iommu, group, hardware.allocateDomain()).run();
    } finally {
      iommu.lock.unlock();
    }
  }

  private void run() {
    boolean kept = false;
    try {
      moveToFresh();
      IovaList iovas = reachable();
      checkMessages();
      Type1Domain own = new Type1Domain(fresh, fresh.enforceCacheCoherency());
      Type1Domain home = joinExisting(own);
      if (home == null) {
        long pageSizes = commonPageSizes(iommu.domains, fresh.pageSizes());
        PinMap.replay(iommu, own);
        home = own;
        kept = true;
        iommu.domains.addFirst(own);
        setPageSizes(iommu, pageSizes);
      }
      home.members.addFirst(new Member(group, false));
      iommu.iovas = iovas;
      iommu.nonPinnedGroups++;
    } finally {
      if (!kept) {
        if (attached) {
          fresh.detach(group);
        }
        fresh.close();
      }
    }
  }

  private void moveToFresh() {
    fresh.attach(group);
    attached = true;
  }

  /**
   * What can be mapped with the group; {@code EINVAL} if something is mapped where it cannot be.
   */
  private IovaList reachable() {
    long start = fresh.apertureStart();
    long end = fresh.apertureEnd();
    if (Long.compareUnsigned(start, end) > 0 || apertureConflicts(start, end)) {
      throw Errno.EINVAL.because(
          "group %d reaches iova 0x%x to 0x%x, which does not fit what is mapped or reachable now",
          group.id(), start, end);
    }
    List<ReservedRegion> reserved = group.reserved();
    for (ReservedRegion region : reserved) {
      DmaMapping there = iommu.mappings.firstOverlapping(region.start(), region.end());
      if (there != null && region.kind() != ReservedRegion.Kind.DIRECT_RELAXABLE) {
        throw Errno.EINVAL.because(
            "group %d reserves iova 0x%x to 0x%x (%s), where something is mapped",
            group.id(), region.start(), region.end(), region.kind().text());
      }
    }
    IovaList iovas = iommu.iovas.within(start, end).without(reserved);
    if (iovas.isEmpty()) {
      throw Errno.EINVAL.because("group %d leaves no iova that could be mapped", group.id());
    }
    return iovas;
  }

  private boolean apertureConflicts(long start, long end) {
    IovaList now = iommu.iovas;
    if (now.isEmpty()) {
      return false;
    }
    long lowest = now.lowest();
    long highest = now.highest();
    if (Long.compareUnsigned(start, highest) > 0 || Long.compareUnsigned(end, lowest) < 0) {
      return true;
    }
    boolean below = Long.compareUnsigned(start, lowest) > 0 && isMapped(lowest, start - 1);
    boolean above = Long.compareUnsigned(end, highest) < 0 && isMapped(end + 1, highest);
    return below || above;
  }

  private boolean isMapped(long first, long last) {
    return iommu.mappings.firstOverlapping(first, last) != null;
  }

  private void checkMessages() {
    if (iommu.parameters.allowUnsafeInterrupts() || fresh.iommu().isolatesMessages()) {
      return;
    }
    LOG.log(
        Level.WARNING,
        "no interrupt remapping: the parameter allow_unsafe_interrupts of vfio_iommu_type1 allows"
            + " group {0} all the same",
        Integer.toString(group.id()));
    throw Errno.EPERM.because(
        "group %d: %s does not remap interrupts, and allow_unsafe_interrupts is off",
        group.id(), fresh.iommu().name());
  }

  /** Domains of the same hardware kind share groups; {@code null} if none takes this one. */
  private Type1Domain joinExisting(Type1Domain own) {
    for (Type1Domain domain : iommu.domains) {
      boolean alike =
          domain.hardware.iommu().kind().equals(fresh.iommu().kind())
              && domain.coherent == own.coherent;
      if (alike && join(domain)) {
        return domain;
      }
    }
    return null;
  }

  private boolean join(Type1Domain domain) {
    fresh.detach(group);
    attached = false;
    try {
      domain.hardware.attach(group);
      return true;
    } catch (VfioException e) {
      LOG.log(Level.DEBUG, "a domain of the container does not take group " + group.id(), e);
      moveToFresh();
      return false;
    }
  }

  /**
   * The page sizes that all domains have. Smaller ones than the host's page are as good as it.
   *
   * @throws VfioException {@code EINVAL} if there are none
   */
  static long commonPageSizes(List<Type1Domain> domains, long others) {
    long common = others;
    for (Type1Domain domain : domains) {
      common &= domain.hardware.pageSizes();
    }
    if ((common & PAGE - 1) != 0) {
      common = common & -PAGE | PAGE;
    }
    if (common == 0) {
      throw Errno.EINVAL.because("the IOMMUs of the container have no page size in common");
    }
    return common;
  }

  private static void setPageSizes(Type1Iommu iommu, long pageSizes) {
    int before = iommu.smallestPageShift();
    iommu.pageSizes = pageSizes;
    if (iommu.dirtyTracking && iommu.smallestPageShift() != before) {
      DirtyPages.retrack(iommu);
    }
  }

  static void detach(Type1Iommu iommu, IommuGroup group) {
    iommu.lock.lock();
    try {
      Member emulated = Type1Domain.find(iommu.emulatedGroups, group);
      if (emulated != null) {
        detachEmulated(iommu, emulated);
        return;
      }
      for (Type1Domain domain : iommu.domains) {
        Member member = Type1Domain.find(domain.members, group);
        if (member != null) {
          detach(iommu, domain, member);
          return;
        }
      }
    } finally {
      iommu.lock.unlock();
    }
  }

  private static void detachEmulated(Type1Iommu iommu, Member member) {
    iommu.emulatedGroups.remove(member);
    if (iommu.emulatedGroups.isEmpty() && !iommu.hasDomains()) {
      iommu.removeAll();
    }
  }

  private static void detach(Type1Iommu iommu, Type1Domain domain, Member member) {
    domain.hardware.detach(member.group);
    domain.members.remove(member);
    IovaList span = iommu.iovas;
    if (domain.members.isEmpty()) {
      span = drop(iommu, domain);
    }
    refresh(iommu, span);
    if (!member.pinnedScope) {
      iommu.nonPinnedGroups--;
      if (iommu.dirtyTracking) {
        DirtyPages.markAll(iommu);
      }
    }
  }

  /** A domain without groups goes; returns how far the others reach. */
  private static IovaList drop(Type1Iommu iommu, Type1Domain domain) {
    if (iommu.domains.size() == 1) {
      if (iommu.emulatedGroups.isEmpty()) {
        iommu.removeAll();
      } else {
        // emulated groups keep the mappings, and what they pinned stays charged
        for (DmaMapping m = iommu.mappings.first(); m != null; m = iommu.mappings.next(m)) {
          PinMap.unmapAndUnpin(iommu, m);
        }
      }
    }
    domain.hardware.close();
    iommu.domains.remove(domain);
    setPageSizes(iommu, commonPageSizes(iommu.domains, -1));
    long start = 0;
    long end = -1;
    for (Type1Domain other : iommu.domains) {
      start = IovaList.max(start, other.hardware.apertureStart());
      end = IovaList.min(end, other.hardware.apertureEnd());
    }
    return IovaList.of(start, end);
  }

  /** Gives back what only the group that left had reserved. */
  private static void refresh(Type1Iommu iommu, IovaList span) {
    List<ReservedRegion> reserved = new ArrayList<>();
    for (Type1Domain domain : iommu.domains) {
      domain.members.forEach(member -> reserved.addAll(member.group.reserved()));
    }
    IovaList iovas = IovaList.of(span.lowest(), span.highest()).without(reserved);
    if (!iovas.isEmpty()) {
      iommu.iovas = iovas;
    }
  }

  /** The container lets go of everything at once. */
  static void release(Type1Iommu iommu) {
    iommu.lock.lock();
    try {
      iommu.emulatedGroups.clear();
      iommu.removeAll();
      for (Type1Domain domain : iommu.domains) {
        domain.members.forEach(member -> domain.hardware.detach(member.group));
        domain.hardware.close();
      }
      iommu.domains.clear();
      iommu.nonPinnedGroups = 0;
      iommu.iovas = IovaList.ANY;
    } finally {
      iommu.lock.unlock();
    }
  }
}

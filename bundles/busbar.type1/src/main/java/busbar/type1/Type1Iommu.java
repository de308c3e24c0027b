package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.type1.Type1Domain.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The backend's data of one container: {@code struct vfio_iommu}.
 *
 * <p>{@link #lock} guards everything but the listeners. {@link #listenersLock} is never taken with
 * it: listeners are called with {@link #listenersLock} alone, because they come back to unpin.
 */
final class Type1Iommu {
  /**
   * Page sizes while no domain has said any: all from {@link busbar.api.memory.AddressSpace#PAGE}.
   */
  static final long ALL_PAGE_SIZES = -PAGE;

  final boolean v2;
  final Type1Parameters parameters;
  final ReentrantLock lock = new ReentrantLock();

  /** Newest first; the first one is asked for physical addresses. */
  final List<Type1Domain> domains = new ArrayList<>();

  final List<Member> emulatedGroups = new ArrayList<>();
  final DmaIndex mappings = new DmaIndex();

  /** Scratch of unmapping. */
  final RunList runs = new RunList();

  IovaList iovas = IovaList.ANY;
  long pageSizes = ALL_PAGE_SIZES;

  /** Mappings that can still be made; below 2^32. */
  long available;

  /** Mappings whose vaddr is suspended. */
  int suspended;

  /** Groups that may write to any mapped page without telling. */
  int nonPinnedGroups;

  boolean dirtyTracking;

  final ReentrantLock listenersLock = new ReentrantLock();
  final CopyOnWriteArrayList<UnmapListener> listeners = new CopyOnWriteArrayList<>();

  Type1Iommu(boolean v2, Type1Parameters parameters) {
    this.v2 = v2;
    this.parameters = parameters;
    this.available = parameters.dmaEntryLimit();
  }

  /** The smallest page of all domains, in bytes: what mappings and dirty bits are aligned to. */
  long smallestPage() {
    return Long.lowestOneBit(pageSizes);
  }

  int smallestPageShift() {
    return Long.numberOfTrailingZeros(pageSizes);
  }

  boolean hasDomains() {
    return !domains.isEmpty();
  }

  /** The group's entry, among real or emulated groups, or {@code null}. */
  Member member(IommuGroup group) {
    for (Type1Domain domain : domains) {
      Member member = Type1Domain.find(domain.members, group);
      if (member != null) {
        return member;
      }
    }
    return Type1Domain.find(emulatedGroups, group);
  }

  /** Whether no device can do DMA past the caches. */
  boolean isCoherent() {
    lock.lock();
    try {
      return domains.stream().allMatch(domain -> domain.coherent);
    } finally {
      lock.unlock();
    }
  }

  boolean hasEmulatedGroups() {
    lock.lock();
    try {
      return !emulatedGroups.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a mapping out of the container, with its pages and its charge. */
  void remove(DmaMapping mapping) {
    mappings.remove(mapping);
    drop(mapping);
  }

  /** Takes all mappings out. */
  void removeAll() {
    for (DmaMapping m = mappings.first(); m != null; ) {
      DmaMapping next = mappings.next(m);
      drop(m);
      m = next;
    }
    mappings.clear();
  }

  private void drop(DmaMapping mapping) {
    if (mapping.isPinned()) {
      // whoever pinned them was asked to let go; nobody is left who would
      mapping.pinned.unpinAll(mapping.owner.physicalMemory());
      mapping.pinned = null;
    }
    PinMap.unmapAndUnpin(this, mapping);
    if (mapping.has(DmaMapping.SUSPENDED)) {
      suspended--;
    }
    available++;
  }
}

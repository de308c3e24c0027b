package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import java.util.ArrayList;
import java.util.List;

/** A page table of the container and the groups behind it. */
final class Type1Domain {
  /** A group of the container, real or emulated. */
  static final class Member {
    final IommuGroup group;

    /** Its devices write only to pages that they pin: then dirty pages are known exactly. */
    boolean pinnedScope;

    Member(IommuGroup group, boolean pinnedScope) {
      this.group = group;
      this.pinnedScope = pinnedScope;
    }
  }

  final IommuDomain hardware;
  final boolean coherent;
  final List<Member> members = new ArrayList<>();

  Type1Domain(IommuDomain hardware, boolean coherent) {
    this.hardware = hardware;
    this.coherent = coherent;
  }

  /** The group's entry in the list, or {@code null}. */
  static Member find(List<Member> members, IommuGroup group) {
    for (Member member : members) {
      if (member.group == group) {
        return member;
      }
    }
    return null;
  }

  /** Unmaps a range, whatever holes it has; when it returns no DMA uses it. */
  void unmap(long iova, long size) {
    long done = 0;
    while (Long.compareUnsigned(done, size) < 0) {
      long unmapped = hardware.unmap(iova + done, size - done);
      done += unmapped > 0 ? unmapped : PAGE;
    }
    hardware.flush(iova, size);
  }
}

package busbar.type1;

import static busbar.api.memory.AddressSpace.PAGE;

import busbar.api.iommu.IommuDomain;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.LimitRule;

/**
 * One mapping of the user: client memory at an address that devices use.
 *
 * <p>All addresses and sizes are unsigned. A mapping may end with the last byte of the 64-bit
 * space: then {@code iova + size} is 0, and {@link #last()} is what to compare with.
 */
final class DmaMapping {
  /** {@link #physical} of a mapping that is not mapped, or lies in several runs. */
  static final long NO_SINGLE_RUN = -1;

  /** The bits of {@link #flags} that {@link IommuDomain#map} takes. */
  static final int PROTECTION = IommuDomain.READ | IommuDomain.WRITE;

  /** The mapper had {@code CAP_IPC_LOCK}: its limit does not bind. */
  static final int LOCK_CAPABLE = 1 << 2;

  /** Its pages are pinned and every domain has them. */
  static final int IOMMU_MAPPED = 1 << 3;

  /** {@link #vaddr} is not to be used until the user gives a new one. */
  static final int SUSPENDED = 1 << 4;

  /** All flags that there are. */
  static final int FLAGS = PROTECTION | LOCK_CAPABLE | IOMMU_MAPPED | SUSPENDED;

  final long iova;
  final long size;
  long vaddr;

  /** The physical address if the mapping is one run, so that nobody has to ask the domain. */
  long physical = NO_SINGLE_RUN;

  /** Pages charged to {@link #owner} for this mapping. */
  long lockedPages;

  /** Whose memory it is and who pays: what C calls {@code mm}. */
  AddressSpace owner;

  /** Pages pinned by mediated devices, {@code null} if there are none. */
  PinnedPages pinned;

  /** Which pages were written, {@code null} while nobody asks. */
  DirtyBitmap dirty;

  private int flags;

  DmaMapping(long iova, long size, long vaddr, AddressSpace owner, int flags) {
    this.iova = iova;
    this.size = size;
    this.vaddr = vaddr;
    this.owner = owner;
    this.flags = flags;
  }

  /** The last address that belongs to it. */
  long last() {
    return iova + size - 1;
  }

  long pages() {
    return Long.divideUnsigned(size, PAGE);
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  void set(int flag) {
    flags |= flag;
  }

  void clear(int flag) {
    flags &= ~flag;
  }

  int flags() {
    return flags;
  }

  int protection() {
    return flags & PROTECTION;
  }

  /** How its memory is pinned: for writing if devices may write. */
  Access access() {
    return has(IommuDomain.WRITE) ? Access.READ_WRITE : Access.READ;
  }

  LimitRule limitRule() {
    return has(LOCK_CAPABLE) ? LimitRule.WAIVED : LimitRule.ENFORCED;
  }

  boolean isPinned() {
    return pinned != null;
  }
}

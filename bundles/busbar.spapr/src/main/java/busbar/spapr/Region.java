package busbar.spapr;

import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import java.util.Map;
import java.util.TreeMap;

/**
 * Memory that a process registered beforehand: pinned and charged once, however many containers
 * registered it and however often it is mapped.
 *
 * <p>{@link #used} and {@link #mapped} are guarded by {@link Registrations}.
 */
final class Region {
  final long vaddr;
  final long size;

  /** The largest window page that its host pages can fill, as a shift. */
  final int pageShift;

  private final PhysicalMemory physical;

  /** Physical run by its offset in the region. */
  private final TreeMap<Long, Run> runs;

  /** A physically contiguous piece. */
  record Run(long physical, long length) {}

  /** Registrations of containers, and look-ups that hold it. */
  int used = 1;

  /** TCEs that lead into it. */
  long mapped;

  Region(long vaddr, long size, int pageShift, PhysicalMemory physical, TreeMap<Long, Run> runs) {
    this.vaddr = vaddr;
    this.size = size;
    this.pageShift = pageShift;
    this.physical = physical;
    this.runs = runs;
  }

  boolean isExactly(long otherVaddr, long otherSize) {
    return vaddr == otherVaddr && size == otherSize;
  }

  boolean contains(long address, long length) {
    return Long.compareUnsigned(address, vaddr) >= 0
        && Long.compareUnsigned(address - vaddr, size - length) <= 0
        && Long.compareUnsigned(length, size) <= 0;
  }

  boolean overlaps(long otherVaddr, long otherSize) {
    return Long.compareUnsigned(vaddr, otherVaddr + otherSize) < 0
        && Long.compareUnsigned(otherVaddr, vaddr + size) < 0;
  }

  /** The physical address behind an address of the region. */
  long physical(long address) {
    Map.Entry<Long, Run> run = runs.floorEntry(address - vaddr);
    return run.getValue().physical() + (address - vaddr - run.getKey());
  }

  Iterable<Run> runs() {
    return runs.values();
  }

  /** Lets the pages go. */
  void unpin() {
    for (Run run : runs.values()) {
      physical.unpin(run.physical(), run.length());
    }
  }

  long pages() {
    return size / AddressSpace.PAGE;
  }
}

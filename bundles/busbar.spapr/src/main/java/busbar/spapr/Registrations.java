package busbar.spapr;

import busbar.api.Errno;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.LimitRule;
import busbar.api.memory.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;

/**
 * The registered memory of one process: what the kernel keeps in its {@code mm}. Two containers of
 * the process that register the same range share one region.
 */
final class Registrations {
  /** One for each process, for as long as the process or a container of it lives. */
  private static final Map<AddressSpace, Registrations> BY_PROCESS = new WeakHashMap<>();

  private final AddressSpace space;

  /** Guards everything here and the counts of the regions; nothing else is called under it. */
  private final Object regionsLock = new Object();

  /** By address; they never overlap. */
  private final TreeMap<Long, Region> regions = new TreeMap<>(Long::compareUnsigned);

  /** The same by the physical address of each run, to find the region behind a TCE. */
  private final TreeMap<Long, Region> byPhysical = new TreeMap<>(Long::compareUnsigned);

  private Registrations(AddressSpace space) {
    this.space = space;
  }

  static Registrations of(AddressSpace space) {
    synchronized (BY_PROCESS) {
      return BY_PROCESS.computeIfAbsent(space, Registrations::new);
    }
  }

  /** The region with exactly that range, held once more; {@code null} if there is none. */
  Region hold(long vaddr, long size) {
    synchronized (regionsLock) {
      Region region = regions.get(vaddr);
      if (region == null || !region.isExactly(vaddr, size)) {
        return null;
      }
      region.used++;
      return region;
    }
  }

  /**
   * Charges, pins and registers a range.
   *
   * @throws busbar.api.VfioException {@code ENOMEM} beyond the limit or for an empty range, {@code
   *     EFAULT} if a page is not there for reading and writing, {@code EINVAL} if the range
   *     overlaps another one; in that order, and nothing is left then
   */
  Region register(long vaddr, long size, LimitRule limit) {
    long pages = size / AddressSpace.PAGE;
    space.charge(pages, limit);
    Region region = null;
    try {
      if (size == 0) {
        throw Errno.ENOMEM.because("an empty range at 0x%x cannot be registered", vaddr);
      }
      region = pin(vaddr, size);
      insert(region);
      return region;
    } catch (RuntimeException e) {
      if (region != null) {
        region.unpin();
      }
      space.uncharge(pages);
      throw e;
    }
  }

  private Region pin(long vaddr, long size) {
    TreeMap<Long, Region.Run> runs = new TreeMap<>();
    long smallest = Long.lowestOneBit(vaddr | size);
    try {
      for (long done = 0; done < size; ) {
        Extent extent = space.pin(vaddr + done, size - done, Access.READ_WRITE);
        runs.put(done, new Region.Run(extent.physical(), extent.length()));
        smallest = Math.min(smallest, space.pageSizeAt(vaddr + done));
        done += extent.length();
      }
    } catch (RuntimeException e) {
      new Region(vaddr, size, 0, space.physicalMemory(), runs).unpin();
      throw e;
    }
    return new Region(
        vaddr, size, Long.numberOfTrailingZeros(smallest), space.physicalMemory(), runs);
  }

  private void insert(Region region) {
    synchronized (regionsLock) {
      for (Region other : neighbours(region)) {
        if (other.overlaps(region.vaddr, region.size)) {
          throw Errno.EINVAL.because(
              "0x%x with 0x%x bytes overlaps what is registered at 0x%x with 0x%x bytes",
              region.vaddr, region.size, other.vaddr, other.size);
        }
      }
      regions.put(region.vaddr, region);
      region.runs().forEach(run -> byPhysical.put(run.physical(), region));
    }
  }

  private List<Region> neighbours(Region region) {
    List<Region> neighbours = new ArrayList<>(2);
    Map.Entry<Long, Region> before = regions.floorEntry(region.vaddr);
    Map.Entry<Long, Region> after = regions.ceilingEntry(region.vaddr);
    if (before != null) {
      neighbours.add(before.getValue());
    }
    if (after != null) {
      neighbours.add(after.getValue());
    }
    return neighbours;
  }

  /**
   * Lets a hold go; the last one unpins, unless TCEs still lead into the region: then the hold
   * stays.
   *
   * @return whether the hold was let go
   */
  boolean release(Region region) {
    synchronized (regionsLock) {
      if (region.used > 1) {
        region.used--;
        return true;
      }
      if (region.mapped > 0) {
        return false;
      }
      region.used = 0;
      regions.remove(region.vaddr, region);
      region.runs().forEach(run -> byPhysical.remove(run.physical(), region));
    }
    region.unpin();
    space.uncharge(region.pages());
    return true;
  }

  /**
   * Takes a region over from an earlier version of this bundle. Another container of the process
   * may have brought it already: then that one counts, with all its holds.
   */
  Region adopt(Region region) {
    synchronized (regionsLock) {
      Region known = regions.putIfAbsent(region.vaddr, region);
      if (known != null) {
        return known;
      }
      region.runs().forEach(run -> byPhysical.put(run.physical(), region));
      return region;
    }
  }

  /**
   * The physical address behind {@code 1 << pageShift} registered bytes, counted as one more
   * mapping.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if they are not inside one region, or its host
   *     pages are smaller than the window's
   */
  long map(long vaddr, int pageShift) {
    long length = 1L << pageShift;
    synchronized (regionsLock) {
      Map.Entry<Long, Region> entry = regions.floorEntry(vaddr);
      if (entry == null || !entry.getValue().contains(vaddr, length)) {
        throw Errno.EINVAL.because("0x%x with 0x%x bytes is not registered", vaddr, length);
      }
      Region region = entry.getValue();
      if (pageShift > region.pageShift) {
        throw Errno.EINVAL.because(
            "the window has pages of 0x%x bytes, the host pages at 0x%x have only 0x%x",
            length, vaddr, 1L << region.pageShift);
      }
      region.mapped++;
      return region.physical(vaddr);
    }
  }

  /** A TCE that led there is gone. */
  void unmap(long physical) {
    synchronized (regionsLock) {
      Map.Entry<Long, Region> entry = byPhysical.floorEntry(physical);
      if (entry != null) {
        entry.getValue().mapped--;
      }
    }
  }
}

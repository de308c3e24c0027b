package busbar.spapr;

import busbar.api.Errno;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.LimitRule;
import busbar.api.memory.Extent;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;

/**
 * The registered memory of one process: what the kernel keeps in its {@code mm}. Two containers of
 * the process that register the same range share one region.
 *
 * <p>The maps are of the platform's types and hold numbers alone: while a swap goes on, containers
 * of one process in two versions of this bundle share them.
 */
final class Registrations {
  /** One for each process, for as long as it lives. */
  private static final Map<AddressSpace, Registrations> BY_PROCESS = new WeakHashMap<>();

  /** Weak, since it stands in that map as a key. A container of the process holds it. */
  private final WeakReference<AddressSpace> process;

  /**
   * By {@link #key} of the address; they never overlap. Its monitor guards everything here and the
   * counts of the regions, in all versions; nothing else is called under it.
   */
  private final TreeMap<Long, long[]> regions;

  /** The same by the key of the physical address of each run, to find the region behind a TCE. */
  private final TreeMap<Long, long[]> byPhysical;

  private Registrations(AddressSpace space) {
    this(space, new TreeMap<>(), new TreeMap<>());
  }

  private Registrations(
      AddressSpace space, TreeMap<Long, long[]> regions, TreeMap<Long, long[]> byPhysical) {
    this.process = new WeakReference<>(space);
    this.regions = regions;
    this.byPhysical = byPhysical;
  }

  static Registrations of(AddressSpace space) {
    synchronized (BY_PROCESS) {
      return BY_PROCESS.computeIfAbsent(space, Registrations::new);
    }
  }

  /** The maps, for {@link #shared}. */
  List<Object> maps() {
    return List.of(regions, byPhysical);
  }

  /**
   * The registrations behind maps of another version; those of the process if it has none yet.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if they are not such maps
   */
  @SuppressWarnings("unchecked")
  static Registrations shared(AddressSpace space, List<?> maps) {
    if (maps.size() != 2 || !isMap(maps.get(0)) || !isMap(maps.get(1))) {
      throw Errno.EINVAL.because("the state has no registered memory of %s", space.name());
    }
    Registrations shared =
        new Registrations(
            space, (TreeMap<Long, long[]>) maps.get(0), (TreeMap<Long, long[]>) maps.get(1));
    synchronized (BY_PROCESS) {
      Registrations known = BY_PROCESS.get(space);
      if (known == null || known.isEmpty()) {
        BY_PROCESS.put(space, shared);
      } else if (known.regions == shared.regions) {
        return known;
      }
    }
    return shared;
  }

  private static boolean isMap(Object map) {
    if (!(map instanceof TreeMap<?, ?> tree)) {
      return false;
    }
    synchronized (tree) {
      return tree.entrySet().stream()
          .allMatch(
              entry ->
                  entry.getKey() instanceof Long
                      && entry.getValue() instanceof long[] numbers
                      && Region.isSound(numbers));
    }
  }

  private boolean isEmpty() {
    synchronized (regions) {
      return regions.isEmpty();
    }
  }

  /** Unsigned order as signed order. */
  private static long key(long address) {
    return address ^ Long.MIN_VALUE;
  }

  private AddressSpace space() {
    return process.get();
  }

  private Region region(long[] numbers) {
    return new Region(numbers, space().physicalMemory());
  }

  /**
   * The region that begins there.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if there is none
   */
  Region at(long vaddr) {
    synchronized (regions) {
      long[] numbers = regions.get(key(vaddr));
      if (numbers == null) {
        throw Errno.EINVAL.because("nothing is registered at 0x%x", vaddr);
      }
      return region(numbers);
    }
  }

  /** The region with exactly that range, held once more; {@code null} if there is none. */
  Region hold(long vaddr, long size) {
    synchronized (regions) {
      long[] numbers = regions.get(key(vaddr));
      if (numbers == null || !region(numbers).isExactly(vaddr, size)) {
        return null;
      }
      Region region = region(numbers);
      region.use(1);
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
    space().charge(pages, limit);
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
      space().uncharge(pages);
      throw e;
    }
  }

  private Region pin(long vaddr, long size) {
    List<Extent> extents = new ArrayList<>();
    long smallest = Long.lowestOneBit(vaddr | size);
    try {
      for (long done = 0; done < size; done += extents.getLast().length()) {
        extents.add(space().pin(vaddr + done, size - done, Access.READ_WRITE));
        smallest = Math.min(smallest, space().pageSizeAt(vaddr + done));
      }
    } catch (RuntimeException e) {
      region(vaddr, size, extents).unpin();
      throw e;
    }
    Region region = region(vaddr, size, extents);
    region.setPageShift(Long.numberOfTrailingZeros(smallest));
    return region;
  }

  private Region region(long vaddr, long size, List<Extent> extents) {
    Region region = region(Region.numbers(vaddr, size, extents.size()));
    long offset = 0;
    for (int i = 0; i < extents.size(); i++) {
      region.setRun(i, offset, extents.get(i).physical(), extents.get(i).length());
      offset += extents.get(i).length();
    }
    return region;
  }

  private void insert(Region region) {
    synchronized (regions) {
      for (Region other : neighbours(region)) {
        if (other.overlaps(region)) {
          throw Errno.EINVAL.because(
              "0x%x with 0x%x bytes overlaps what is registered at 0x%x with 0x%x bytes",
              region.vaddr(), region.size(), other.vaddr(), other.size());
        }
      }
      regions.put(key(region.vaddr()), region.numbers());
      for (int i = 0; i < region.runs(); i++) {
        byPhysical.put(key(region.runPhysical(i)), region.numbers());
      }
    }
  }

  private List<Region> neighbours(Region region) {
    List<Region> neighbours = new ArrayList<>(2);
    Map.Entry<Long, long[]> before = regions.floorEntry(key(region.vaddr()));
    Map.Entry<Long, long[]> after = regions.ceilingEntry(key(region.vaddr()));
    if (before != null) {
      neighbours.add(region(before.getValue()));
    }
    if (after != null) {
      neighbours.add(region(after.getValue()));
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
    synchronized (regions) {
      if (region.used() > 1) {
        region.use(-1);
        return true;
      }
      if (region.mapped() > 0) {
        return false;
      }
      region.use(-1);
      regions.remove(key(region.vaddr()));
      for (int i = 0; i < region.runs(); i++) {
        byPhysical.remove(key(region.runPhysical(i)));
      }
    }
    region.unpin();
    space().uncharge(region.pages());
    return true;
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
    synchronized (regions) {
      Map.Entry<Long, long[]> entry = regions.floorEntry(key(vaddr));
      if (entry == null || !region(entry.getValue()).contains(vaddr, length)) {
        throw Errno.EINVAL.because("0x%x with 0x%x bytes is not registered", vaddr, length);
      }
      Region region = region(entry.getValue());
      if (pageShift > region.pageShift()) {
        throw Errno.EINVAL.because(
            "the window has pages of 0x%x bytes, the host pages at 0x%x have only 0x%x",
            length, vaddr, 1L << region.pageShift());
      }
      region.map(1);
      return region.physical(vaddr);
    }
  }

  /** A TCE that led there is gone. */
  void unmap(long physical) {
    synchronized (regions) {
      Map.Entry<Long, long[]> entry = byPhysical.floorEntry(key(physical));
      if (entry != null) {
        region(entry.getValue()).map(-1);
      }
    }
  }
}

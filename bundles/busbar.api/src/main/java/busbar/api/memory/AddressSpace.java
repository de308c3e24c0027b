package busbar.api.memory;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of one client, found by virtual address, with its locked-memory account: what the
 * kernel knows as a process's {@code mm}.
 *
 * <p>Nothing here or below dereferences an address that is not registered: a wrong {@code vaddr} is
 * an errno, never a crash. Native memory keeps its own address, so a vendor's driver hands over
 * {@code segment.address()}; device mappings get addresses from {@link #DEVICE_BASE} up, which no
 * native memory has.
 *
 * <p>Look-ups and pins take no lock; registering and unregistering take one for each address space.
 */
public final class AddressSpace {
  /** The page size of the simulated hosts, and the granule of pinning, in bytes. */
  public static final long PAGE = 4096;

  /** Where device mappings start. */
  public static final long DEVICE_BASE = 1L << 62;

  /** The limit that stands for "none". */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** A registered piece. {@code physical} is that of {@code start}; 0 for device memory. */
  private record Area(
      long start,
      long length,
      Protection protection,
      MemorySegment segment,
      long segmentOffset,
      long physicalBase,
      DeviceMemory device,
      Kind kind,
      long pageSize) {
    long physical(long vaddr) {
      return physicalBase + segmentOffset + (vaddr - start);
    }

    long end() {
      return start + length;
    }

    Area part(long from, long to, Protection changed) {
      return new Area(
          from,
          to - from,
          changed,
          segment,
          segmentOffset + (from - start),
          physicalBase,
          device,
          kind,
          pageSize);
    }
  }

  /** How a piece of memory behaves when its process forks. */
  public enum Kind {
    /** The child gets a copy. */
    PRIVATE,
    /** Parent and child see the same bytes. */
    SHARED
  }

  private final String name;
  private final PhysicalMemory physical;
  private final Object areasLock = new Object();
  private final ConcurrentSkipListMap<Long, Area> areas = new ConcurrentSkipListMap<>();
  private final AtomicLong nextDeviceAddress = new AtomicLong(DEVICE_BASE);
  private final AtomicLong lockedPages = new AtomicLong();
  private volatile long lockedLimitBytes = UNLIMITED;
  private volatile boolean closed;

  /** An empty address space; {@code name} is the client's, for messages. */
  public AddressSpace(String name, PhysicalMemory physical) {
    this.name = name;
    this.physical = physical;
  }

  public String name() {
    return name;
  }

  /** The directory that this address space's pages have their physical addresses from. */
  public PhysicalMemory physicalMemory() {
    return physical;
  }

  /**
   * Makes native memory of the caller reachable, at its own address.
   *
   * <p>The caller keeps the segment alive while it is registered or pinned. If its arena is closed
   * earlier, device accesses to it fault; nothing crashes.
   *
   * @param segment native, start and length multiples of the page size
   * @return its virtual address
   * @throws VfioException {@code EINVAL} if it is a heap segment or not page-aligned, {@code
   *     EEXIST} if something is registered there
   */
  public long register(MemorySegment segment, Protection protection) {
    if (!segment.isNative()) {
      throw Errno.EINVAL.because("memory of the Java heap moves and cannot be registered");
    }
    return place(segment, segment.address(), protection, Kind.SHARED);
  }

  /**
   * Allocates zeroed, page-aligned, private memory; see {@link #allocate(long, long, Protection,
   * Kind)}.
   */
  public long allocate(long size) {
    return allocate(size, PAGE, Protection.READ_WRITE, Kind.PRIVATE);
  }

  /**
   * Allocates zeroed memory that lives until it is neither registered nor pinned nor referred to.
   *
   * @param size in bytes, rounded up to whole pages
   * @param alignment a power of two, at least the page size
   * @return its virtual address
   */
  public long allocate(long size, long alignment, Protection protection, Kind kind) {
    MemorySegment segment = Arena.ofAuto().allocate(roundUp(size), Math.max(alignment, PAGE));
    return place(segment, segment.address(), protection, kind);
  }

  /**
   * Allocates zeroed memory of large host pages ({@code MAP_HUGETLB}); else as {@link
   * #allocate(long, long, Protection, Kind)}.
   *
   * @param pageSize of a host page, a power of two; size is rounded up to whole ones
   */
  public long allocateHuge(long size, long pageSize, Protection protection, Kind kind) {
    long rounded = size + pageSize - 1 & -pageSize;
    MemorySegment segment = Arena.ofAuto().allocate(rounded, pageSize);
    return place(segment, segment.address(), protection, kind, pageSize);
  }

  /** The size of the host page at an address, {@link #PAGE} where nothing else is known. */
  public long pageSizeAt(long vaddr) {
    Area area = find(vaddr);
    return area == null ? PAGE : area.pageSize();
  }

  /**
   * Puts a segment at a chosen address: a second view of memory that is registered elsewhere, or a
   * copy in a forked client.
   *
   * @throws VfioException {@code EINVAL} if not page-aligned, {@code EEXIST} if something is there
   */
  public long place(MemorySegment segment, long vaddr, Protection protection, Kind kind) {
    return place(segment, vaddr, protection, kind, PAGE);
  }

  private long place(
      MemorySegment segment, long vaddr, Protection protection, Kind kind, long pageSize) {
    checkAligned(vaddr, segment.byteSize());
    synchronized (areasLock) {
      checkFree(vaddr, segment.byteSize());
      long base = physical.add(segment);
      areas.put(
          vaddr,
          new Area(vaddr, segment.byteSize(), protection, segment, 0, base, null, kind, pageSize));
      return vaddr;
    }
  }

  /** Places device memory at a fresh address; the client file's {@code mmap} calls this. */
  public long placeDevice(DeviceMemory device, long length, Protection protection) {
    long size = roundUp(length);
    long vaddr = nextDeviceAddress.getAndAdd(size + PAGE);
    synchronized (areasLock) {
      checkFree(vaddr, size);
      areas.put(vaddr, new Area(vaddr, size, protection, null, 0, 0, device, Kind.SHARED, PAGE));
    }
    return vaddr;
  }

  /**
   * Unregisters a range, as {@code munmap(2)}: also parts of registered pieces, also nothing.
   * Pinned pages stay alive for who pinned them.
   *
   * @throws VfioException {@code EINVAL} if not page-aligned
   */
  public void unregister(long vaddr, long length) {
    change(vaddr, length, null);
  }

  /**
   * Changes the protection of a range, as {@code mprotect(2)}.
   *
   * @throws VfioException {@code EINVAL} if not page-aligned, {@code ENOMEM} if a page of it is not
   *     registered
   */
  public void protect(long vaddr, long length, Protection protection) {
    for (long at = vaddr; at < vaddr + length; ) {
      Area area = find(at);
      if (area == null) {
        throw Errno.ENOMEM.because("nothing is mapped at 0x%x of %s", at, name);
      }
      at = area.end();
    }
    change(vaddr, length, protection);
  }

  private void change(long vaddr, long length, Protection changed) {
    checkAligned(vaddr, length);
    synchronized (areasLock) {
      long end = vaddr + length;
      List<Area> touched = new ArrayList<>();
      Map.Entry<Long, Area> before = areas.lowerEntry(vaddr);
      if (before != null && before.getValue().end() > vaddr) {
        touched.add(before.getValue());
      }
      touched.addAll(areas.subMap(vaddr, end).values());
      for (Area area : touched) {
        List<Area> rest = new ArrayList<>();
        long from = Math.max(vaddr, area.start());
        long to = Math.min(end, area.end());
        if (area.start() < from) {
          rest.add(area.part(area.start(), from, area.protection()));
        }
        if (changed != null) {
          rest.add(area.part(from, to, changed));
        }
        if (area.end() > to) {
          rest.add(area.part(to, area.end(), area.protection()));
        }
        areas.remove(area.start());
        rest.forEach(part -> areas.put(part.start(), part));
        settleHolds(area, rest.size());
      }
    }
  }

  /** A block is held once for each area that shows it. */
  private void settleHolds(Area area, int parts) {
    if (area.segment() == null) {
      return;
    }
    if (parts == 0) {
      physical.remove(area.physicalBase());
    } else {
      physical.share(area.physicalBase(), parts);
    }
  }

  /**
   * Pins from {@code vaddr} on: the longest run that is physically contiguous, at most {@code
   * maxLength}. The caller charges it and gives it back with {@link PhysicalMemory#unpin}.
   *
   * @param vaddr page-aligned
   * @param maxLength in bytes, page-aligned, more than 0
   * @throws VfioException {@code EFAULT} if the first page is not registered, forbids the access,
   *     or is device memory that is revoked now
   */
  public Extent pin(long vaddr, long maxLength, Access access) {
    Area area = find(vaddr);
    if (area == null) {
      throw Errno.EFAULT.because("no memory is registered at 0x%x of %s", vaddr, name);
    }
    if (!area.protection().allows(access)) {
      throw Errno.EFAULT.because(
          "the memory at 0x%x of %s is %s, a pin for %s is refused",
          vaddr, name, area.protection(), access);
    }
    long length =
        Long.compareUnsigned(maxLength, area.end() - vaddr) < 0 ? maxLength : area.end() - vaddr;
    if (area.device() != null) {
      return pinDevice(area, vaddr, length);
    }
    long address = area.physical(vaddr);
    physical.pin(address, length);
    return new Extent(address, length, true);
  }

  private Extent pinDevice(Area area, long vaddr, long length) {
    long offset = vaddr - area.start();
    try {
      MmioWindow window = area.device().windowAt(offset);
      long inWindow = area.device().windowOffset(offset);
      long address = window.physical() + inWindow;
      long run = Math.min(length, window.size() - inWindow);
      // a window on ordinary memory (a mediated framebuffer) is pinned and paid for like all memory
      physical.pin(address, run);
      return new Extent(address, run, PhysicalMemory.isClientMemory(address));
    } catch (MemoryFaultException e) {
      throw new VfioException(Errno.EFAULT, e.getMessage(), e);
    }
  }

  /**
   * The bytes at an address, for the client's own loads and stores and for copy-in and copy-out.
   *
   * @throws VfioException {@code EFAULT} if not all of them are ordinary memory in one registered
   *     piece that allows the access
   */
  public MemorySegment at(long vaddr, long length, Access access) {
    Area area = find(vaddr);
    if (area == null
        || area.segment() == null
        || !area.protection().allows(access)
        || Long.compareUnsigned(length, area.end() - vaddr) > 0) {
      throw Errno.EFAULT.because("no %d bytes for %s at 0x%x of %s", length, access, vaddr, name);
    }
    return area.segment().asSlice(area.segmentOffset() + (vaddr - area.start()), length);
  }

  /** Reads one byte at a time across pieces; {@code EFAULT} as {@link #at}. */
  public void read(long vaddr, MemorySegment target) {
    copy(vaddr, target, Access.READ);
  }

  /**
   * Writes across pieces; {@code EFAULT} as {@link #at}, then the bytes before the fault are
   * written.
   */
  public void write(long vaddr, MemorySegment source) {
    copy(vaddr, source, Access.WRITE);
  }

  private void copy(long vaddr, MemorySegment other, Access access) {
    for (long done = 0; done < other.byteSize(); ) {
      Area area = find(vaddr + done);
      long chunk =
          area == null ? 1 : Math.min(other.byteSize() - done, area.end() - (vaddr + done));
      MemorySegment mine = at(vaddr + done, chunk, access);
      if (access == Access.READ) {
        MemorySegment.copy(mine, 0, other, done, chunk);
      } else {
        MemorySegment.copy(other, done, mine, 0, chunk);
      }
      done += chunk;
    }
  }

  /** The device memory at an address and the offset in it, or {@code null} if none lies there. */
  public DeviceAt deviceAt(long vaddr, Access access) {
    Area area = find(vaddr);
    if (area == null || area.device() == null || !area.protection().allows(access)) {
      return null;
    }
    return new DeviceAt(area.device(), vaddr - area.start());
  }

  /** A place in device memory. */
  public record DeviceAt(DeviceMemory device, long offset) {}

  /** Whether every byte of the range is registered, whatever its protection. */
  public boolean isRegistered(long vaddr, long length) {
    for (long at = vaddr; at - vaddr < length; ) {
      Area area = find(at);
      if (area == null) {
        return false;
      }
      at = area.end();
    }
    return true;
  }

  /**
   * Charges locked pages.
   *
   * @param rule whether the limit applies; {@code CAP_IPC_LOCK} waives it
   * @throws VfioException {@code ENOMEM} if that exceeds the limit; then nothing is charged
   */
  public void charge(long pages, LimitRule rule) {
    long limitPages = lockedLimitBytes == UNLIMITED ? Long.MAX_VALUE : lockedLimitBytes / PAGE;
    long old;
    do {
      old = lockedPages.get();
      if (rule == LimitRule.ENFORCED && old + pages > limitPages) {
        throw Errno.ENOMEM.because(
            "%s has %d pages locked, %d more exceed its limit of %d bytes",
            name, old, pages, lockedLimitBytes);
      }
    } while (!lockedPages.compareAndSet(old, old + pages));
  }

  /** Whether the locked-memory limit binds a charge. */
  public enum LimitRule {
    ENFORCED,
    WAIVED
  }

  /** Takes a charge back. */
  public void uncharge(long pages) {
    lockedPages.addAndGet(-pages);
  }

  /** Pages charged now. */
  public long lockedPages() {
    return lockedPages.get();
  }

  /** {@code RLIMIT_MEMLOCK} in bytes, {@link #UNLIMITED} if there is none. */
  public long lockedLimitBytes() {
    return lockedLimitBytes;
  }

  public void setLockedLimitBytes(long bytes) {
    lockedLimitBytes = bytes;
  }

  /**
   * The address space of a forked child: the same addresses; shared memory and device mappings are
   * the same, private memory is copied. Nothing is locked in it.
   */
  public AddressSpace fork(String childName) {
    AddressSpace child = new AddressSpace(childName, physical);
    child.lockedLimitBytes = lockedLimitBytes;
    child.nextDeviceAddress.set(nextDeviceAddress.get());
    for (Area area : areas.values()) {
      if (area.device() != null) {
        child.areas.put(area.start(), area);
        continue;
      }
      MemorySegment mine = area.segment().asSlice(area.segmentOffset(), area.length());
      MemorySegment theirs = mine;
      if (area.kind() == Kind.PRIVATE) {
        theirs = Arena.ofAuto().allocate(area.length(), PAGE).copyFrom(mine);
      }
      child.place(theirs, area.start(), area.protection(), area.kind(), area.pageSize());
    }
    return child;
  }

  /** The process is gone: everything is unregistered. What is pinned stays until it is unpinned. */
  public void close() {
    synchronized (areasLock) {
      closed = true;
      for (Area area : areas.values()) {
        settleHolds(area, 0);
      }
      areas.clear();
    }
  }

  /** Whether the process is gone. */
  public boolean isClosed() {
    return closed;
  }

  private Area find(long vaddr) {
    Map.Entry<Long, Area> entry = areas.floorEntry(vaddr);
    if (entry == null) {
      return null;
    }
    Area area = entry.getValue();
    return vaddr - area.start() < area.length() ? area : null;
  }

  private void checkFree(long vaddr, long length) {
    Map.Entry<Long, Area> before = areas.lowerEntry(vaddr + length);
    if (before != null && before.getValue().end() > vaddr) {
      throw Errno.EEXIST.because(
          "0x%x of %s is taken by the memory at 0x%x", vaddr, name, before.getKey());
    }
  }

  private static void checkAligned(long vaddr, long length) {
    if ((vaddr | length) % PAGE != 0 || length <= 0) {
      throw Errno.EINVAL.because("0x%x with %d bytes is not a range of whole pages", vaddr, length);
    }
  }

  private static long roundUp(long size) {
    return size + PAGE - 1 & -PAGE;
  }
}

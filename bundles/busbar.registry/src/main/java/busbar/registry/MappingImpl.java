package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.DeviceMemory;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.Protection;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A piece of a device file in a client's memory.
 *
 * <p>The window behind it is found on the first access and kept until a revocation. Each access
 * passes the mapping's own gate, so that a revocation knows when the last one through the old
 * window is over; the file's gate is passed only to find a window, since that asks the driver.
 */
final class MappingImpl implements Mapping, DeviceMemory {
  private static final System.Logger LOG = System.getLogger(MappingImpl.class.getName());

  /** An access that takes longer is one of the thread that revokes, or of a model that hangs. */
  private static final long REVOKE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ClientImpl client;
  private final MappableFile file;
  private final MmapRequest request;
  private final long length;
  private final long address;
  private final Gate accesses = new Gate();
  private final AtomicBoolean unmapped = new AtomicBoolean();

  /** Guards changes of {@link #found} and {@link #revocations}. */
  private final Object windowLock = new Object();

  /** Where a driver says that accesses lead; another one when the driver is replaced. */
  private volatile MappedRegion region;

  private volatile Found found;
  private volatile int revocations;

  /** A window and how offsets of the mapping are counted in it. */
  record Found(MmioWindow window, MappedRegion region) {}

  /** Where a mapping is to lead from now on. */
  record Move(MappingImpl mapping, MappedRegion region) {
    /** When it returns no access goes the old way. */
    void make() {
      mapping.region = region;
      mapping.revoke();
    }
  }

  /** Takes over one reference of the file. */
  MappingImpl(ClientImpl client, MappableFile file, MappedRegion region, MmapRequest request) {
    this.client = client;
    this.file = file;
    this.region = region;
    this.request = request;
    this.length = request.length() + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
    this.address = client.memory().placeDevice(this, length, protection(request.access()));
  }

  /**
   * The parent's mapping as a forked child inherits it: the address space has been copied already.
   */
  private MappingImpl(MappingImpl parent, ClientImpl child) {
    this.client = child;
    this.file = parent.file;
    this.region = parent.region;
    this.request = parent.request;
    this.length = parent.length;
    this.address = parent.address;
  }

  /** Inside the file's gate, so that a driver's replacement sees the copy or comes before it. */
  void inheritBy(ClientImpl child) {
    if (!unmapped.get() && file.acquire()) {
      file.inside(
          () -> {
            MappingImpl copy = new MappingImpl(this, child);
            file.addMapping(copy);
            child.adopt(copy);
          });
    }
  }

  private static Protection protection(Set<MmapRequest.Prot> access) {
    if (access.contains(MmapRequest.Prot.WRITE)) {
      return Protection.READ_WRITE;
    }
    return access.isEmpty() ? Protection.NONE : Protection.READ;
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public long load(long offset, int width) {
    check(offset, width);
    while (true) {
      int at = enter(Access.READ);
      try {
        Found now = found;
        if (now != null) {
          return now.window.load(now.region.windowOffset(offset), width);
        }
      } finally {
        accesses.exit(at);
      }
      fault(offset);
    }
  }

  @Override
  public void store(long offset, int width, long value) {
    check(offset, width);
    while (true) {
      int at = enter(Access.WRITE);
      try {
        Found now = found;
        if (now != null) {
          now.window.store(now.region.windowOffset(offset), width, value);
          return;
        }
      } finally {
        accesses.exit(at);
      }
      fault(offset);
    }
  }

  private void check(long offset, int width) {
    boolean possible = width == 1 || width == 2 || width == 4 || width == 8;
    if (!possible || offset < 0 || offset > length - width || (offset & width - 1) != 0) {
      throw new IndexOutOfBoundsException(
          "no access of " + width + " bytes at " + offset + " of a mapping of " + length);
    }
  }

  private int enter(Access access) {
    Set<MmapRequest.Prot> allowed = request.access();
    boolean fits =
        access == Access.WRITE ? allowed.contains(MmapRequest.Prot.WRITE) : !allowed.isEmpty();
    if (!fits) {
      throw MemoryFaultException.segmentationFault(
          "the mapping at 0x%x does not allow to %s", address, access);
    }
    try {
      return accesses.enter();
    } catch (VfioException e) {
      throw MemoryFaultException.segmentationFault("nothing is mapped at 0x%x any more", address);
    }
  }

  @Override
  public MmioWindow windowAt(long offset) {
    Found known = found;
    return known != null ? known.window : fault(offset).window;
  }

  @Override
  public long windowOffset(long offset) {
    return region.windowOffset(offset);
  }

  /**
   * Asks the driver for the window, outside the gate of accesses: the driver may hold a lock in
   * {@code zap} that it wants here.
   */
  private Found fault(long offset) {
    int before = revocations;
    Found answer = file.fault(this, offset);
    synchronized (windowLock) {
      // revoked since we asked: the answer is of yesterday, who needs it asks again
      if (revocations == before) {
        found = answer;
      }
    }
    return answer;
  }

  /** Asks the driver that is there now; inside the file's gate. */
  Found ask(long offset) {
    MappedRegion now = region;
    MmioWindow window = now.fault(offset);
    return window == null ? null : new Found(window, now);
  }

  /** Asks a driver that is to replace the one behind the mapping where it will lead. */
  Move move(Binding<?> to) {
    MappedRegion there = to.mmap(client.caller(), request);
    if (there == null) {
      throw Faults.lie(to.who(), "asked to map " + file.description(), null);
    }
    return new Move(this, there);
  }

  /** Forgets the window; when it returns no access through it is under way. */
  void revoke() {
    synchronized (windowLock) {
      revocations++;
      found = null;
    }
    if (accesses.pause(REVOKE_NANOS)) {
      accesses.resume();
    } else if (!accesses.hasEnded()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "An access to the mapping of {0} at 0x{1} goes on after its revocation",
          file.description(),
          Long.toHexString(address));
    }
  }

  @Override
  public Optional<MemorySegment> memory() {
    accesses.exit(enter(Access.READ));
    Found known = found;
    Found now = known != null ? known : fault(0);
    MemorySegment all = now.window.memory();
    if (all == null) {
      return Optional.empty();
    }
    long start = now.region.windowOffset(0);
    return Optional.of(all.asSlice(start, Math.min(length, all.byteSize() - start)));
  }

  @Override
  public void unmap() {
    if (!unmapped.compareAndSet(false, true)) {
      return;
    }
    if (!client.isClosed()) {
      client.memory().unregister(address, length);
    }
    file.removeMapping(this);
    client.forget(this);
    accesses.end(
        () -> Errno.EFAULT.because("nothing is mapped at 0x%x any more", address), file::release);
  }
}

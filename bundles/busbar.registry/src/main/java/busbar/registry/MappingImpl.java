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
  private final MappedRegion region;
  private final MmapRequest request;
  private final long length;
  private final long address;
  private final Gate accesses = new Gate();
  private final AtomicBoolean unmapped = new AtomicBoolean();

  /** Guards changes of {@link #window} and {@link #revocations}. */
  private final Object windowLock = new Object();

  private volatile MmioWindow window;
  private volatile int revocations;

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

  void inheritBy(ClientImpl child) {
    if (!unmapped.get() && file.acquire()) {
      MappingImpl copy = new MappingImpl(this, child);
      file.addMapping(copy);
      child.adopt(copy);
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
        MmioWindow now = window;
        if (now != null) {
          return now.load(region.windowOffset(offset), width);
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
        MmioWindow now = window;
        if (now != null) {
          now.store(region.windowOffset(offset), width, value);
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
    MmioWindow known = window;
    return known != null ? known : fault(offset);
  }

  @Override
  public long windowOffset(long offset) {
    return region.windowOffset(offset);
  }

  /**
   * Asks the driver for the window, outside the gate of accesses: the driver may hold a lock in
   * {@code zap} that it wants here.
   */
  private MmioWindow fault(long offset) {
    int before = revocations;
    MmioWindow found = file.fault(region, offset);
    synchronized (windowLock) {
      // revoked since we asked: the answer is of yesterday, who needs it asks again
      if (revocations == before) {
        window = found;
      }
    }
    return found;
  }

  /** Forgets the window; when it returns no access through it is under way. */
  void revoke() {
    synchronized (windowLock) {
      revocations++;
      window = null;
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
    MemorySegment all = windowAt(0).memory();
    if (all == null) {
      return Optional.empty();
    }
    long start = region.windowOffset(0);
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

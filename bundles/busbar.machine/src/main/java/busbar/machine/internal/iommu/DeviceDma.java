package busbar.machine.internal.iommu;

import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup.Owner;
import busbar.api.memory.Access;
import busbar.api.memory.PhysicalMemory;
import busbar.api.time.Timing;
import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;

/**
 * One device's way to memory: its translation cache, then the page table of its group's domain.
 * Without an IOMMU above it, addresses are physical ones.
 */
public final class DeviceDma implements DmaPort {
  private static final int CACHED = 64;
  private static final int GRANULE_SHIFT = 16;
  private static final long MESSAGE_BYTES = 4;
  private static final long PAGE = 4096;
  private static final long CHUNK = 1L << 20;

  /** Takes writes into the range of message interrupts. */
  public interface Messages {
    /** The first address of the interrupt controller's range. */
    long base();

    /** In bytes. */
    long size();

    /** Delivers; false if the message was refused. */
    boolean deliver(long address, int data);
  }

  private final String device;
  private final SimGroup group;
  private final PhysicalMemory memory;
  private final Messages messages;
  private final long messageBase;
  private final long messageSize;
  private final BooleanSupplier busMaster;
  private final Timing timing;
  private final CallScope scope;
  private final AtomicReferenceArray<Run> cache = new AtomicReferenceArray<>(CACHED);

  /**
   * A port.
   *
   * @param group {@code null} if no IOMMU isolates the device
   * @param busMaster whether the device may send requests now
   * @param scope told of DMA that leaves memory
   */
  public DeviceDma(
      String device,
      SimGroup group,
      PhysicalMemory memory,
      Messages messages,
      BooleanSupplier busMaster,
      Timing timing,
      CallScope scope) {
    this.device = device;
    this.group = group;
    this.memory = memory;
    this.messages = messages;
    this.messageBase = messages.base();
    this.messageSize = messages.size();
    this.busMaster = busMaster;
    this.timing = timing;
    this.scope = scope;
  }

  @Override
  public boolean read(long iova, MemorySegment target, long targetOffset, long length) {
    return transfer(iova, target, targetOffset, length, Access.READ);
  }

  @Override
  public boolean write(long iova, MemorySegment source, long sourceOffset, long length) {
    return transfer(iova, source, sourceOffset, length, Access.WRITE);
  }

  private boolean transfer(long iova, MemorySegment buffer, long at, long length, Access access) {
    if (!busMaster.getAsBoolean()) {
      refuse(buffer, at, length, access);
      return false;
    }
    if (iova - messageBase >= 0 && iova - messageBase < messageSize) {
      return message(iova, buffer, at, length, access);
    }
    if (group == null || group.hardware() == null) {
      return physical(iova, buffer, at, length, access);
    }
    return cached(iova, buffer, at, length, access) || walked(iova, buffer, at, length, access);
  }

  /** The whole access by a translation that the device has cached; false if there is none. */
  private boolean cached(long iova, MemorySegment buffer, long at, long length, Access access) {
    Run run = cache.getAcquire(index(iova));
    if (run == null || !run.holds(iova, length) || !run.allows(access) || run.memory() == null) {
      return false;
    }
    SimDomain domain = run.domain();
    DmaGuard guard = domain.guard();
    int token = guard.enter();
    try {
      // Asked inside the guard: who changes the route or flushes waits for the guard after that.
      return group.route() == domain
          && domain.generation() == run.generation()
          && !(access == Access.WRITE && domain.tracksDirty())
          && move(run, iova, buffer, at, length, access);
    } finally {
      guard.exit(token);
    }
  }

  /** Piece by piece, whatever is mapped. */
  private boolean walked(long iova, MemorySegment buffer, long at, long length, Access access) {
    long done = 0;
    boolean all = true;
    do {
      long moved = chunk(iova + done, buffer, at + done, Math.min(length - done, CHUNK), access);
      done += moved;
      if (moved < CHUNK && done < length) {
        done += refused(iova + done, buffer, at + done, length - done, access);
        all = false;
      }
    } while (done < length);
    return all;
  }

  /** Moves bytes inside the guard; returns how many before one is refused. */
  private long chunk(long iova, MemorySegment buffer, long at, long length, Access access) {
    SimDomain domain = group.route();
    if (domain == null) {
      return 0;
    }
    DmaGuard guard = domain.guard();
    int token = guard.enter();
    try {
      // Read again inside the guard: who detaches waits for the guard after it changed the route.
      return group.route() == domain ? translated(domain, iova, buffer, at, length, access) : 0;
    } finally {
      guard.exit(token);
    }
  }

  /** Reports a refused access and skips its page; returns how many bytes that are. */
  private long refused(long iova, MemorySegment buffer, long at, long left, Access access) {
    long skipped = Math.min(left, PAGE - (iova & PAGE - 1));
    fault(iova, group.route(), access);
    refuse(buffer, at, skipped, access);
    return skipped;
  }

  /** Moves bytes up to the first address that is not mapped for the access; returns how many. */
  private long translated(
      SimDomain domain, long iova, MemorySegment buffer, long at, long length, Access access) {
    boolean marks = access == Access.WRITE && domain.tracksDirty();
    long done = 0;
    while (done < length) {
      long address = iova + done;
      if (address < 0 || address > domain.apertureEnd()) {
        break;
      }
      Run run = lookUp(domain, address, length - done);
      if (run == null || !run.allows(access)) {
        break;
      }
      long piece = Math.min(length - done, run.leftFrom(address));
      if (marks) {
        domain.walk().markDirty(address, piece);
      }
      if (!move(run, address, buffer, at + done, piece, access)) {
        break;
      }
      done += piece;
    }
    return done;
  }

  private static int index(long iova) {
    return (int) (iova >>> GRANULE_SHIFT) & CACHED - 1;
  }

  private Run lookUp(SimDomain domain, long iova, long wanted) {
    Run run = cache.getAcquire(index(iova));
    long generation = domain.generation();
    if (run != null
        && run.generation() == generation
        && run.domain() == domain
        && run.holds(iova, 1)) {
      return run;
    }
    Run fresh = domain.walk().run(iova, wanted, generation, domain, memory);
    if (fresh != null) {
      cache.setRelease(index(iova), fresh);
    }
    return fresh;
  }

  private boolean move(
      Run run, long iova, MemorySegment buffer, long at, long length, Access access) {
    MemorySegment client = run.memory();
    if (client == null) {
      return physical(run.physicalOf(iova), buffer, at, length, access);
    }
    try {
      if (access == Access.READ) {
        MemorySegment.copy(client, run.offsetOf(iova), buffer, at, length);
      } else {
        MemorySegment.copy(buffer, at, client, run.offsetOf(iova), length);
      }
      return true;
    } catch (IllegalStateException gone) {
      // The client freed memory that is still mapped: for the device nothing answers there.
      return false;
    }
  }

  /** An access at physical addresses, which may lead from one device's window into another's. */
  private boolean physical(
      long physical, MemorySegment buffer, long at, long length, Access access) {
    Object token = scope.begin();
    try {
      for (long done = 0; done < length; ) {
        long address = physical + done;
        long piece = Math.min(length - done, PAGE - (address & PAGE - 1));
        boolean there =
            access == Access.READ
                ? memory.read(address, buffer, at + done, piece)
                : memory.write(address, buffer, at + done, piece);
        if (!there) {
          return false;
        }
        done += piece;
      }
      return true;
    } catch (IllegalStateException gone) {
      // The client freed memory that is still mapped: for the device nothing answers there.
      return false;
    } finally {
      scope.end(token);
    }
  }

  private boolean deliver(long iova, int data) {
    Object token = scope.begin();
    try {
      return messages.deliver(iova, data);
    } finally {
      scope.end(token);
    }
  }

  private boolean message(long iova, MemorySegment buffer, long at, long length, Access access) {
    if (access == Access.WRITE && length == MESSAGE_BYTES) {
      int data = buffer.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at);
      if (deliver(iova, data)) {
        return true;
      }
      report(iova, access, "no vector of this device has that message");
      return false;
    }
    refuse(buffer, at, length, access);
    report(iova, access, "the range of message interrupts takes writes of 4 bytes only");
    return false;
  }

  private static void refuse(MemorySegment buffer, long at, long length, Access access) {
    if (access == Access.READ) {
      buffer.asSlice(at, length).fill((byte) 0xff);
    }
  }

  private void fault(long iova, SimDomain domain, Access access) {
    if (domain == null) {
      report(
          iova,
          access,
          group.owner() == Owner.USER
              ? "DMA of the group is blocked: it is attached to no page table"
              : "the host has mapped nothing there");
      return;
    }
    if (iova < 0 || iova > domain.apertureEnd()) {
      report(iova, access, "the address is beyond the aperture");
      return;
    }
    report(iova, access, reason(domain, iova, access));
  }

  private String reason(SimDomain domain, long iova, Access access) {
    int token = domain.guard().enter();
    try {
      Run run = domain.walk().run(iova, PAGE, 0, domain, memory);
      if (run == null) {
        return "no mapping";
      }
      int needed = access == Access.READ ? IommuDomain.READ : IommuDomain.WRITE;
      if ((run.protection() & needed) == 0) {
        return access == Access.READ ? "the mapping is write-only" : "the mapping is read-only";
      }
      return "nothing answers at the physical address";
    } finally {
      domain.guard().exit(token);
    }
  }

  private void report(long iova, Access access, String reason) {
    if (group != null && group.hardware() != null) {
      group
          .hardware()
          .report(new IommuFault(device, group.id(), iova, access, reason, timing.nanoTime()));
    }
  }
}

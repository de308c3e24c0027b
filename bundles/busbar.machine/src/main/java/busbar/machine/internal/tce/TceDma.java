package busbar.machine.internal.tce;

import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup.Owner;
import busbar.api.memory.Access;
import busbar.machine.internal.iommu.DmaPath;
import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** One device's way to memory through the windows of its group. */
final class TceDma implements DmaPort {
  private static final long MESSAGE_BYTES = 4;
  private static final long PROTECTION = IommuDomain.READ | IommuDomain.WRITE;
  private static final long SMALLEST_PAGE = 4096;

  /** At most so many bytes keep a flush waiting. */
  private static final long CHUNK = 1L << 20;

  private final TceGroup group;
  private final DmaPath path;

  TceDma(TceGroup group, DmaPath path) {
    this.group = group;
    this.path = path;
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
    if (!path.busMaster().getAsBoolean()) {
      refuse(buffer, at, length, access);
      return false;
    }
    if (group.errors() != null && !group.errors().passesDma(iova, access)) {
      refuse(buffer, at, length, access);
      report(iova, access, "the endpoint is frozen after an error");
      return false;
    }
    if (Long.compareUnsigned(iova - path.messages().base(), path.messages().size()) < 0) {
      return message(iova, buffer, at, length, access);
    }
    boolean all = true;
    for (long done = 0; done < length; ) {
      long chunk = Math.min(length - done, CHUNK);
      SimTceTable table = group.windowAt(iova + done);
      long moved =
          table == null ? 0 : guarded(table, iova + done, buffer, at + done, chunk, access);
      done += moved;
      boolean ended = table != null && moved > 0 && !table.contains(iova + done);
      if (moved < chunk && !ended) {
        long skipped = Math.min(length - done, SMALLEST_PAGE - (iova + done & SMALLEST_PAGE - 1));
        report(iova + done, access, reason(table, iova + done, access));
        refuse(buffer, at + done, skipped, access);
        done += skipped;
        all = false;
      }
    }
    return all;
  }

  private long guarded(
      SimTceTable table, long iova, MemorySegment buffer, long at, long length, Access access) {
    int token = table.guard().enter();
    try {
      // Asked again inside the guard: who takes the window away waits for the guard after that.
      return group.shows(table) ? translated(table, iova, buffer, at, length, access) : 0;
    } finally {
      table.guard().exit(token);
    }
  }

  /** Moves bytes up to the first address that is not mapped for the access; returns how many. */
  private long translated(
      SimTceTable table, long iova, MemorySegment buffer, long at, long length, Access access) {
    long page = 1L << table.pageShift();
    long needed = access == Access.READ ? IommuDomain.READ : IommuDomain.WRITE;
    long done = 0;
    while (done < length) {
      long address = iova + done;
      long entry = table.entryAt(address);
      if ((entry & needed) == 0) {
        break;
      }
      long inPage = address & page - 1;
      long physical = (entry & ~PROTECTION) + inPage;
      long run = page - inPage;
      while (run < length - done) {
        long next = table.entryAt(address + run);
        if ((next & needed) == 0 || (next & ~PROTECTION) != physical + run) {
          break;
        }
        run += page;
      }
      long piece = Math.min(run, length - done);
      if (!physical(physical, buffer, at + done, piece, access)) {
        break;
      }
      done += piece;
    }
    return done;
  }

  private boolean physical(
      long physical, MemorySegment buffer, long at, long length, Access access) {
    Object token = path.scope().begin();
    try {
      return access == Access.READ
          ? path.memory().read(physical, buffer, at, length)
          : path.memory().write(physical, buffer, at, length);
    } catch (IllegalStateException gone) {
      // The client freed memory that is still mapped: for the device nothing answers there.
      return false;
    } finally {
      path.scope().end(token);
    }
  }

  private boolean deliver(long iova, int data) {
    Object token = path.scope().begin();
    try {
      return path.messages().deliver(iova, data);
    } finally {
      path.scope().end(token);
    }
  }

  private boolean message(long iova, MemorySegment buffer, long at, long length, Access access) {
    if (access == Access.WRITE && length == MESSAGE_BYTES) {
      int data = buffer.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at);
      return deliver(iova, data);
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

  private String reason(SimTceTable table, long iova, Access access) {
    if (table == null) {
      return group.owner() == Owner.USER
          ? "the address is in no window of the group"
          : "the host has mapped nothing there";
    }
    long entry = table.entryAt(iova);
    if ((entry & PROTECTION) == 0) {
      return "no mapping";
    }
    long needed = access == Access.READ ? IommuDomain.READ : IommuDomain.WRITE;
    if ((entry & needed) == 0) {
      return access == Access.READ ? "the mapping is write-only" : "the mapping is read-only";
    }
    return "nothing answers at the physical address";
  }

  private void report(long iova, Access access, String reason) {
    group
        .hardware()
        .report(
            new IommuFault(
                path.device(), group.id(), iova, access, reason, path.timing().nanoTime()));
  }
}

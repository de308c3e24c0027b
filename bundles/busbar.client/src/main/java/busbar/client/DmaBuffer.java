package busbar.client;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.Kind;
import busbar.api.memory.Protection;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory that the program and its devices share: zeroed, page-aligned, pinned and mapped until it
 * is closed.
 */
public final class DmaBuffer implements AutoCloseable {
  private final Container container;
  private final long vaddr;
  private final long iova;
  private final long size;
  private final MemorySegment memory;
  private final Runnable afterClose;
  private final AtomicBoolean open = new AtomicBoolean(true);

  private DmaBuffer(
      Container container, long vaddr, long iova, long size, MemorySegment memory, Runnable after) {
    this.container = container;
    this.vaddr = vaddr;
    this.iova = iova;
    this.size = size;
    this.memory = memory;
    this.afterClose = after;
  }

  static DmaBuffer create(
      Container container, long iova, long size, DmaAccess access, Runnable after) {
    AddressSpace space = container.client().memory();
    long vaddr = space.allocate(size, AddressSpace.PAGE, Protection.READ_WRITE, Kind.SHARED);
    try {
      container.map(vaddr, iova, size, access);
    } catch (RuntimeException e) {
      space.unregister(vaddr, size);
      throw e;
    }
    MemorySegment memory = space.at(vaddr, size, Access.READ_WRITE);
    return new DmaBuffer(container, vaddr, iova, size, memory, after);
  }

  /** Where devices find it. */
  public long iova() {
    return iova;
  }

  /** In bytes. */
  public long size() {
    return size;
  }

  /** Where the client finds it, in its address space. */
  public long vaddr() {
    return vaddr;
  }

  /** The bytes; they stay valid after the buffer is closed, but no device reaches them any more. */
  public MemorySegment memory() {
    return memory;
  }

  /**
   * Unmaps and unregisters it. A container that is gone, with all its mappings, makes no
   * difference.
   *
   * @throws VfioException what the unmapping failed with; the memory is unregistered all the same
   */
  @Override
  public void close() {
    if (!open.getAndSet(false)) {
      return;
    }
    try {
      container.unmap(iova, size);
    } catch (VfioException e) {
      // EBADF: the container's file is closed; EINVAL: it has no backend any more
      if (!container.client().isClosed() && e.errno() != Errno.EBADF && e.errno() != Errno.EINVAL) {
        throw e;
      }
    } finally {
      if (!container.client().isClosed()) {
        container.client().memory().unregister(vaddr, size);
      }
      afterClose.run();
    }
  }
}

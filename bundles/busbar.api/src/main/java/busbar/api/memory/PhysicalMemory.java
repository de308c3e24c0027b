package busbar.api.memory;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The physical addresses of everything that a device can reach: client memory and device windows.
 *
 * <p>Client memory gets addresses with bit 62 set, one block of at most 1 TiB for each registered
 * segment, so that an address leads to its segment by one array access. Device windows lie where
 * the machine says, below. A block stays as long as it is registered or a byte of it is pinned:
 * memory that a device still writes to is never given to somebody else, whatever the client does.
 *
 * <p>There is one for all machines and clients of a framework; the registry provides it as a
 * service. Look-ups and pins take no lock.
 */
public final class PhysicalMemory {
  /** Set in every address of client memory. */
  public static final long CLIENT = 1L << 62;

  private static final int BLOCK_BITS = 40;
  private static final int MAX_BLOCKS = 1 << 20;
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * One registered segment. {@code holds} counts registrations and pinned pages, so that pins may
   * be given back in any pieces; at 0 the block goes.
   */
  private static final class Block {
    final MemorySegment segment;
    final int index;
    final AtomicLong holds = new AtomicLong(1);
    final AtomicLong registrations = new AtomicLong(1);

    Block(MemorySegment segment, int index) {
      this.segment = segment;
      this.index = index;
    }
  }

  private final Object blocksLock = new Object();
  private volatile Block[] blocks = new Block[16];
  private int freeHint;
  private volatile TreeMap<Long, MmioWindow> windows = new TreeMap<>();

  /**
   * Gives a segment its physical addresses.
   *
   * @param segment at most 1 TiB
   * @return the physical address of its first byte
   * @throws VfioException {@code ENOMEM} if the segment is longer than 1 TiB or all blocks are
   *     taken
   */
  public long add(MemorySegment segment) {
    if (segment.byteSize() > 1L << BLOCK_BITS) {
      throw Errno.ENOMEM.because(
          "a segment of %d bytes is longer than a block of 1 TiB", segment.byteSize());
    }
    synchronized (blocksLock) {
      int index = freeHint;
      while (index < blocks.length && blocks[index] != null) {
        index++;
      }
      if (index == blocks.length) {
        if (index == MAX_BLOCKS) {
          throw Errno.ENOMEM.because("all %d blocks of client memory are taken", MAX_BLOCKS);
        }
        blocks = Arrays.copyOf(blocks, Math.min(MAX_BLOCKS, index * 2));
      }
      Block[] changed = blocks;
      changed[index] = new Block(segment, index);
      blocks = changed;
      freeHint = index + 1;
      return CLIENT | (long) index << BLOCK_BITS;
    }
  }

  /** Takes the registration back; pinned bytes keep the block until they are unpinned. */
  public void remove(long base) {
    Block block = blockAt(base);
    block.registrations.decrementAndGet();
    release(block, 1);
  }

  /** One registration has become {@code views} of the same block, each to be removed. */
  void share(long base, int views) {
    Block block = blockAt(base);
    block.registrations.addAndGet(views - 1L);
    block.holds.addAndGet(views - 1L);
  }

  /**
   * Holds client memory for a device.
   *
   * @param physical page-aligned
   * @param length whole pages
   * @throws VfioException {@code EFAULT} if nothing is registered there or the block ends earlier
   */
  public void pin(long physical, long length) {
    if (!isClientMemory(physical)) {
      return;
    }
    Block block = blockAt(physical);
    if (block == null || offset(physical) + length > block.segment.byteSize()) {
      throw Errno.EFAULT.because("no memory at physical address 0x%x", physical);
    }
    long holds;
    do {
      holds = block.holds.get();
      if (holds == 0) {
        throw Errno.EFAULT.because("the memory at physical address 0x%x is gone", physical);
      }
    } while (!block.holds.compareAndSet(holds, holds + length / AddressSpace.PAGE));
  }

  /** Lets go what {@link #pin} held: the same pages, at once or in pieces, in any order. */
  public void unpin(long physical, long length) {
    if (isClientMemory(physical)) {
      release(blockAt(physical), length / AddressSpace.PAGE);
    }
  }

  /** All bytes pinned now, each counted as often as it is pinned. */
  public long pinnedBytes() {
    long pages = 0;
    for (Block block : blocks) {
      pages += block == null ? 0 : block.holds.get() - block.registrations.get();
    }
    return pages * AddressSpace.PAGE;
  }

  /** The number of blocks that exist, registered or still pinned. */
  public int blockCount() {
    int count = 0;
    for (Block block : blocks) {
      count += block == null ? 0 : 1;
    }
    return count;
  }

  /**
   * Puts a device window at its physical addresses.
   *
   * @throws VfioException {@code EBUSY} if another window lies there
   */
  public void addWindow(MmioWindow window) {
    synchronized (blocksLock) {
      MmioWindow before = windowIn(windows, window.physical() + window.size() - 1);
      if (before != null && before.physical() + before.size() > window.physical()) {
        throw Errno.EBUSY.because(
            "a device window lies at 0x%x already, 0x%x cannot be placed",
            before.physical(), window.physical());
      }
      TreeMap<Long, MmioWindow> changed = new TreeMap<>(windows);
      changed.put(window.physical(), window);
      windows = changed;
    }
  }

  /** Puts many windows at once: one copy of the directory instead of one for each. */
  public void addWindows(Iterable<? extends MmioWindow> added) {
    synchronized (blocksLock) {
      TreeMap<Long, MmioWindow> changed = new TreeMap<>(windows);
      for (MmioWindow window : added) {
        changed.put(window.physical(), window);
      }
      windows = changed;
    }
  }

  /** Takes windows away. */
  public void removeWindows(Iterable<? extends MmioWindow> removed) {
    synchronized (blocksLock) {
      TreeMap<Long, MmioWindow> changed = new TreeMap<>(windows);
      for (MmioWindow window : removed) {
        changed.remove(window.physical(), window);
      }
      windows = changed;
    }
  }

  /** The device window that holds the address, or {@code null}. */
  public MmioWindow window(long physical) {
    MmioWindow window = windowIn(windows, physical);
    return window != null && physical - window.physical() < window.size() ? window : null;
  }

  /** Whether the address is one of client memory. */
  public static boolean isClientMemory(long physical) {
    return (physical & CLIENT) != 0;
  }

  /**
   * The client memory at an address: the whole registered segment; the address is at {@link
   * #offset(long)} in it. {@code null} if there is none.
   */
  public MemorySegment segment(long physical) {
    Block block = isClientMemory(physical) ? blockAt(physical) : null;
    return block == null ? null : block.segment;
  }

  /** The offset of an address of client memory in its segment. */
  public static long offset(long physical) {
    return physical & (1L << BLOCK_BITS) - 1;
  }

  /**
   * Copies from physical memory, which must be one run, to a segment.
   *
   * @return whether all of it was there; if not, nothing is promised about the target
   */
  public boolean read(long physical, MemorySegment target, long targetOffset, long length) {
    if (isClientMemory(physical)) {
      MemorySegment source = segment(physical);
      if (source == null || offset(physical) + length > source.byteSize()) {
        return false;
      }
      MemorySegment.copy(source, offset(physical), target, targetOffset, length);
      return true;
    }
    MmioWindow window = window(physical);
    if (window == null || physical - window.physical() + length > window.size()) {
      return false;
    }
    long at = physical - window.physical();
    for (long done = 0; done < length; ) {
      int width = widthAt(at + done, length - done);
      put(target, targetOffset + done, width, window.load(at + done, width));
      done += width;
    }
    return true;
  }

  /**
   * Copies from a segment to physical memory, which must be one run.
   *
   * @return whether all of it was there
   */
  public boolean write(long physical, MemorySegment source, long sourceOffset, long length) {
    if (isClientMemory(physical)) {
      MemorySegment target = segment(physical);
      if (target == null || offset(physical) + length > target.byteSize()) {
        return false;
      }
      MemorySegment.copy(source, sourceOffset, target, offset(physical), length);
      return true;
    }
    MmioWindow window = window(physical);
    if (window == null || physical - window.physical() + length > window.size()) {
      return false;
    }
    long at = physical - window.physical();
    for (long done = 0; done < length; ) {
      int width = widthAt(at + done, length - done);
      window.store(at + done, width, get(source, sourceOffset + done, width));
      done += width;
    }
    return true;
  }

  private void release(Block block, long holds) {
    if (block.holds.addAndGet(-holds) == 0) {
      synchronized (blocksLock) {
        Block[] changed = blocks;
        changed[block.index] = null;
        blocks = changed;
        freeHint = Math.min(freeHint, block.index);
      }
    }
  }

  private Block blockAt(long physical) {
    int index = (int) (physical >>> BLOCK_BITS) & MAX_BLOCKS * 4 - 1;
    Block[] now = blocks;
    return index < now.length ? now[index] : null;
  }

  private static MmioWindow windowIn(TreeMap<Long, MmioWindow> windows, long physical) {
    Map.Entry<Long, MmioWindow> entry = windows.floorEntry(physical);
    return entry == null ? null : entry.getValue();
  }

  private static int widthAt(long at, long left) {
    int width = 8;
    while (width > left || (at & width - 1) != 0) {
      width >>= 1;
    }
    return width;
  }

  private static void put(MemorySegment target, long at, int width, long value) {
    switch (width) {
      case 1 -> target.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> target.set(LE16, at, (short) value);
      case 4 -> target.set(LE32, at, (int) value);
      default -> target.set(LE64, at, value);
    }
  }

  private static long get(MemorySegment source, long at, int width) {
    return switch (width) {
      case 1 -> source.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
      case 2 -> source.get(LE16, at) & 0xffffL;
      case 4 -> source.get(LE32, at) & 0xffff_ffffL;
      default -> source.get(LE64, at);
    };
  }
}

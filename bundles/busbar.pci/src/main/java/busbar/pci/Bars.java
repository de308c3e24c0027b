package busbar.pci;

import static busbar.pci.PciRegs.PCI_STD_NUM_BARS;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciResource;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The BARs of an open device: claimed when it is opened, given back when it is closed.
 *
 * <p>Reads and writes are the hot path: an access of four bytes enters the memory gate and calls
 * the window, nothing else. Any thread.
 */
final class Bars {
  private static final String OWNER = "vfio-pci";

  /**
   * The message table, which SET_IRQS programs and a user must not reach with reads and writes.
   *
   * @param bar -1 if the function has none
   */
  record MsixTable(int bar, long offset, long size) {
    static final MsixTable NONE = new MsixTable(-1, 0, 0);

    boolean overlaps(int otherBar, long position, int width) {
      return otherBar == bar && position + width > offset && position < offset + size;
    }
  }

  /** A BAR that the host assigned; {@code failure} says why it could not be claimed. */
  private record Bar(PciResource resource, MmioWindow window, VfioException failure) {}

  /** Whether the BARs are to be claimed or are claimed already, by a predecessor. */
  enum Claim {
    TAKE,
    INHERIT
  }

  private final PciDevice device;
  private final MemoryGate memory;
  private final MsixTable table;
  private final Bar[] bars = new Bar[PCI_STD_NUM_BARS];

  /** Claims all BARs; one that another driver holds is remembered and fails when it is used. */
  Bars(PciCoreDevice core, Layout layout, Claim claim) {
    this.device = core.device;
    this.memory = core.memory;
    table = layout.msixTable();
    for (Layout.Window window : layout.windows()) {
      PciResource resource = window.resource();
      bars[resource.index()] =
          new Bar(
              resource, window.contents(), claim == Claim.TAKE ? claim(resource.index()) : null);
    }
  }

  /** Returns why it cannot be claimed, {@code null} if it is. */
  private VfioException claim(int index) {
    try {
      device.claimBar(index, OWNER);
      return null;
    } catch (VfioException e) {
      return e;
    }
  }

  /** The BARs that another driver held when the device was opened; for a successor. */
  List<Long> unclaimed() {
    List<Long> indexes = new ArrayList<>();
    for (Bar bar : bars) {
      if (bar != null && bar.failure() != null) {
        indexes.add((long) bar.resource().index());
      }
    }
    return indexes;
  }

  /**
   * Takes over that some BARs could not be claimed.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if one of them is not there
   */
  void restoreUnclaimed(List<Long> indexes) {
    for (long index : indexes) {
      if (index < 0 || index >= bars.length || bars[(int) index] == null) {
        throw Errno.EINVAL.because("the state has a BAR %d, %s has none", index, device.name());
      }
      Bar bar = bars[(int) index];
      bars[(int) index] =
          new Bar(
              bar.resource(),
              bar.window(),
              Errno.EBUSY.because(
                  "BAR %d of %s was held by another driver at open", index, device.name()));
    }
  }

  void release() {
    for (Bar bar : bars) {
      if (bar != null && bar.failure() == null) {
        device.releaseBar(bar.resource().index());
      }
    }
  }

  MsixTable msixTable() {
    return table;
  }

  /** In bytes, 0 if there is none. */
  long size(int index) {
    return bars[index] == null ? 0 : bars[index].resource().size();
  }

  /** Whether the BAR may be mapped: memory that shares no page with something else. */
  boolean isMappable(int index) {
    Bar bar = bars[index];
    if (bar == null || !bar.resource().isMemory()) {
      return false;
    }
    return bar.resource().size() >= AddressSpace.PAGE
        || bar.resource().start() % AddressSpace.PAGE == 0;
  }

  /**
   * The BAR's contents.
   *
   * @throws busbar.api.VfioException {@code EBUSY} or whatever its claim failed with
   */
  MmioWindow window(int index) {
    return usable(index).window();
  }

  private Bar usable(int index) {
    Bar bar = bars[index];
    if (bar == null) {
      throw Errno.EINVAL.because("%s has no BAR %d", device.name(), index);
    }
    if (bar.failure() != null) {
      throw new VfioException(bar.failure().errno(), bar.failure().because(), bar.failure());
    }
    return bar;
  }

  /** Reads at a position of a BAR; fewer bytes at its end. */
  int read(int index, MemorySegment buffer, long position) {
    Bar bar = usable(index);
    int count = clip(bar, buffer, position);
    boolean tested = bar.resource().isMemory();
    for (int done = 0; done < count; ) {
      long at = position + done;
      int width = width(index, at, count - done);
      if (width == 0) {
        int hidden = (int) Math.min(count - done, table.offset() + table.size() - at);
        buffer.asSlice(done, hidden).fill((byte) 0xff);
        done += hidden;
      } else {
        LittleEndian.put(buffer, done, width, load(bar.window(), at, width, tested));
        done += width;
      }
    }
    return count;
  }

  /** Writes; as {@link #read}. */
  int write(int index, MemorySegment buffer, long position) {
    Bar bar = usable(index);
    int count = clip(bar, buffer, position);
    boolean tested = bar.resource().isMemory();
    for (int done = 0; done < count; ) {
      long at = position + done;
      int width = width(index, at, count - done);
      if (width == 0) {
        done += (int) Math.min(count - done, table.offset() + table.size() - at);
      } else {
        store(bar.window(), at, width, LittleEndian.get(buffer, done, width), tested);
        done += width;
      }
    }
    return count;
  }

  private int clip(Bar bar, MemorySegment buffer, long position) {
    long size = bar.resource().size();
    if (position >= size) {
      throw Errno.EINVAL.because(
          "0x%x is beyond BAR %d of %s, which has 0x%x bytes",
          position, bar.resource().index(), device.name(), size);
    }
    return (int) Math.min(Math.min(buffer.byteSize(), Integer.MAX_VALUE), size - position);
  }

  /** The widest aligned access that stays outside the message table; 0 inside it. */
  private int width(int index, long at, int left) {
    long room = left;
    if (index == table.bar()) {
      if (at >= table.offset() && at < table.offset() + table.size()) {
        return 0;
      }
      if (at < table.offset()) {
        room = Math.min(room, table.offset() - at);
      }
    }
    return alignedWidth(at, room, 8);
  }

  static int alignedWidth(long at, long room, int widest) {
    int width = widest;
    while (width > room || (at & width - 1) != 0) {
      width >>= 1;
    }
    return width;
  }

  private long load(MmioWindow window, long at, int width, boolean tested) {
    long stamp = memory.enter();
    try {
      if (tested) {
        memory.checkDecodes();
        return window.load(at, width);
      }
      // no processor has port accesses of eight bytes
      return width < 8
          ? window.load(at, width)
          : window.load(at, 4) & 0xffff_ffffL | window.load(at + 4, 4) << 32;
    } finally {
      memory.exit(stamp);
    }
  }

  private void store(MmioWindow window, long at, int width, long value, boolean tested) {
    long stamp = memory.enter();
    try {
      if (tested) {
        memory.checkDecodes();
        window.store(at, width, value);
      } else if (width < 8) {
        window.store(at, width, value);
      } else {
        window.store(at, 4, value & 0xffff_ffffL);
        window.store(at + 4, 4, value >>> 32);
      }
    } finally {
      memory.exit(stamp);
    }
  }

  /**
   * Whether an ioeventfd may write there.
   *
   * @throws busbar.api.VfioException {@code EINVAL} beyond the BAR or in the message table, else
   *     what the BAR's claim failed with
   */
  void checkIoeventfd(int index, long position, int width) {
    if (position + width > size(index)) {
      throw Errno.EINVAL.because(
          "%d bytes at 0x%x are beyond BAR %d of %s, which has 0x%x bytes",
          width, position, index, device.name(), size(index));
    }
    if (table.overlaps(index, position, width)) {
      throw Errno.EINVAL.because(
          "0x%x of BAR %d of %s is in its MSI-X table", position, index, device.name());
    }
    usable(index);
  }

  /** Whether an ioeventfd that somebody else set up can be there. */
  boolean takesIoeventfd(int index, long position, int width) {
    return position <= size(index) - width
        && !table.overlaps(index, position, width)
        && bars[index].failure() == null;
  }

  /**
   * What an ioeventfd does, inside the memory gate: in aligned pieces, nothing while memory is off.
   */
  void storeIfDecoded(int index, long position, int width, long data) {
    Bar bar = bars[index];
    if (bar.resource().isMemory() && !memory.decodes()) {
      return;
    }
    int widest = bar.resource().isMemory() ? 8 : 4;
    for (int done = 0; done < width; ) {
      int piece = alignedWidth(position + done, width - done, widest);
      bar.window().store(position + done, piece, data >>> 8 * done);
      done += piece;
    }
  }
}

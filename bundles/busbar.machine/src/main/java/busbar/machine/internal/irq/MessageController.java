package busbar.machine.internal.irq;

import busbar.api.Errno;
import java.util.Arrays;

/**
 * Where message interrupts arrive: a range of addresses, and a table that leads from a message to a
 * vector of the host. A message is looked up without a lock.
 */
public final class MessageController {
  private static final int FIRST_NUMBER = 24;
  private static final int MAX_ENTRIES = 1 << 16;
  private static final int VECTORS_PER_CPU = 200;
  private static final int FIRST_VECTOR = 0x30;

  /** How a message names its vector. */
  public enum Routing {
    /** VT-d interrupt remapping: a handle in the address; checks who sent it. */
    REMAPPED(0xfee0_0000L, 0x10_0000, true),
    /** Plain x86: processor in the address, vector in the data; whoever sent it. */
    VECTORS(0xfee0_0000L, 0x10_0000, false),
    /** Arm GICv3 ITS: event number in the data; checks who sent it. */
    ITS(0x0800_0000L, 0x10_0000, true),
    /** POWER host bridge: interrupt number in the data; checks who sent it. */
    HOST_BRIDGE(0x0400_0000_0000L, 0x1_0000, true);

    private final long base;
    private final long size;
    private final boolean checksSender;

    Routing(long base, long size, boolean checksSender) {
      this.base = base;
      this.size = size;
      this.checksSender = checksSender;
    }
  }

  /** A message as a driver writes it into a device. */
  public record Message(long address, int data) {}

  private record Entry(int sender, EdgeSource source) {}

  private static final Entry RESERVED = new Entry(-1, null);

  private final Routing routing;
  private final Object entriesLock = new Object();
  private volatile Entry[] entries = new Entry[256];
  private int hint;

  public MessageController(Routing routing) {
    this.routing = routing;
  }

  /** Whether one function can have several MSI vectors (contiguous ones). */
  public boolean hasMultipleMsi() {
    return routing != Routing.VECTORS;
  }

  /** Whether MSI-X vectors can be added while MSI-X is on. */
  public boolean canAddVectors() {
    return routing != Routing.HOST_BRIDGE;
  }

  /** The first address of the range of messages. */
  public long base() {
    return routing.base;
  }

  /** The length of that range in bytes. */
  public long size() {
    return routing.size;
  }

  /** Whether an address is in the range of messages. */
  public boolean holds(long address) {
    return address - routing.base >= 0 && address - routing.base < routing.size;
  }

  /**
   * Takes a row of entries, aligned as multiple MSI needs it.
   *
   * @return the first index
   */
  public int allocate(int count) {
    int align = Integer.highestOneBit(Math.max(1, count * 2 - 1));
    synchronized (entriesLock) {
      for (int first = hint & -align; ; first += align) {
        while (first + align > entries.length) {
          if (entries.length == MAX_ENTRIES) {
            throw Errno.ENOSPC.because("all %d message vectors are taken", MAX_ENTRIES);
          }
          entries = Arrays.copyOf(entries, entries.length * 2);
        }
        if (isFree(first, count)) {
          Entry[] changed = entries.clone();
          Arrays.fill(changed, first, first + count, RESERVED);
          entries = changed;
          hint = first;
          return first;
        }
      }
    }
  }

  private boolean isFree(int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (entries[i] != null) {
        return false;
      }
    }
    return true;
  }

  /** Connects an entry with the vector that it leads to. */
  public void connect(int index, int sender, EdgeSource source) {
    synchronized (entriesLock) {
      Entry[] changed = entries.clone();
      changed[index] = new Entry(sender, source);
      entries = changed;
    }
  }

  /** Frees entries. */
  public void free(int first, int count) {
    synchronized (entriesLock) {
      Entry[] changed = entries.clone();
      Arrays.fill(changed, first, first + count, null);
      entries = changed;
      hint = Math.min(hint, first);
    }
  }

  /** The host's number of an entry, for people. */
  public int number(int index) {
    return FIRST_NUMBER + index;
  }

  /** The message that leads to an entry; for multiple MSI that of the first one. */
  public Message message(int index) {
    return switch (routing) {
      case REMAPPED ->
          new Message(
              routing.base
                  | (long) (index & 0x7fff) << 5
                  | (index >> 15 & 1) << 2
                  | 1 << 4
                  | 1 << 3,
              0);
      case VECTORS ->
          new Message(
              routing.base | (long) (index / VECTORS_PER_CPU) << 12,
              FIRST_VECTOR + index % VECTORS_PER_CPU);
      case ITS -> new Message(routing.base | 0x40, index);
      case HOST_BRIDGE -> new Message(routing.base, index);
    };
  }

  /**
   * A message arrived.
   *
   * @param sender requester id, with the domain above it
   * @return whether it led to a vector
   */
  public boolean deliver(int sender, long address, int data) {
    long index = index(address, data);
    Entry[] now = entries;
    if (index < 0 || index >= now.length) {
      return false;
    }
    Entry entry = now[(int) index];
    if (entry == null || entry.source() == null) {
      return false;
    }
    if (routing.checksSender && entry.sender() != sender) {
      return false;
    }
    entry.source().raise();
    return true;
  }

  private long index(long address, int data) {
    return switch (routing) {
      case REMAPPED -> {
        long handle = (address >> 5 & 0x7fff) | (address >> 2 & 1) << 15;
        boolean hasSubhandle = (address & 8) != 0;
        yield (address & 0x10) == 0 ? -1 : handle + (hasSubhandle ? data & 0xffff : 0);
      }
      case VECTORS -> {
        int vector = data & 0xff;
        yield vector < FIRST_VECTOR
            ? -1
            : (address >> 12 & 0xff) * VECTORS_PER_CPU + vector - FIRST_VECTOR;
      }
      case ITS, HOST_BRIDGE -> data & 0xffff_ffffL;
    };
  }
}

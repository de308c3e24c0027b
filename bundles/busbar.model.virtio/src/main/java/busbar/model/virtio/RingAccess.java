package busbar.model.virtio;

import busbar.machine.model.DmaPort;
import busbar.model.virtio.VirtioBackend.Access;
import busbar.model.virtio.VirtioBackend.Buffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes the rings of a split virtqueue in the driver's memory (virtio 1.2, section 2.7).
 *
 * <p>Of one thread at a time.
 */
final class RingAccess {
  /** The rings cannot be reached, or what is in them makes no sense: the device needs a reset. */
  static final class BrokenRingException extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenRingException(String because) {
      super(because);
    }
  }

  private static final int DESCRIPTOR = 16;
  private static final int USED_ELEMENT = 8;
  private static final int RING = 4;
  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int INDIRECT = 4;
  private static final int LONGEST_CHAIN = 1024;
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final DmaPort dma;
  private final Virtqueue.View queue;
  private final MemorySegment scratch = MemorySegment.ofArray(new byte[DESCRIPTOR]);

  RingAccess(DmaPort dma, Virtqueue.View queue) {
    this.dma = dma;
    this.queue = queue;
  }

  int availableFlags() throws BrokenRingException {
    return read16(queue.available());
  }

  int availableIndex() throws BrokenRingException {
    return read16(queue.available() + 2);
  }

  /** The head of the chain at a position of the available ring. */
  int head(int position) throws BrokenRingException {
    int head = read16(queue.available() + RING + 2L * (position & queue.size() - 1));
    if (head >= queue.size()) {
      throw new BrokenRingException("descriptor " + head + " is outside the table");
    }
    return head;
  }

  /** Up to where the driver wants no interrupts. */
  int usedEvent() throws BrokenRingException {
    return read16(queue.available() + RING + 2L * queue.size());
  }

  /** Tells the driver from where on it shall notify. */
  void setAvailableEvent(int position) throws BrokenRingException {
    write16(queue.used() + RING + (long) USED_ELEMENT * queue.size(), position);
    VarHandle
        .fullFence(); // a chain that the driver added before it saw this is found by who looks next
  }

  /** The buffers of a chain, an indirect table resolved. */
  List<Buffer> chain(int head) throws BrokenRingException {
    List<Buffer> buffers = new ArrayList<>();
    long table = queue.descriptors();
    long count = queue.size();
    long next = head;
    boolean indirect = false;
    for (int steps = 0; steps < LONGEST_CHAIN; steps++) {
      if (next >= count) {
        throw new BrokenRingException("descriptor " + next + " is outside its table");
      }
      read(table + next * DESCRIPTOR, DESCRIPTOR);
      long address = scratch.get(U64, 0);
      long length = Integer.toUnsignedLong(scratch.get(U32, 8));
      int flags = scratch.get(U16, 12);
      next = scratch.get(U16, 14) & 0xffff;
      if ((flags & INDIRECT) != 0) {
        if (indirect || (flags & NEXT) != 0 || length == 0 || length % DESCRIPTOR != 0) {
          throw new BrokenRingException("an indirect table stands where none may");
        }
        indirect = true;
        table = address;
        count = length / DESCRIPTOR;
        next = 0;
        continue;
      }
      buffers.add(new Buffer(address, length, (flags & WRITE) != 0 ? Access.WRITES : Access.READS));
      if ((flags & NEXT) == 0) {
        return buffers;
      }
    }
    throw new BrokenRingException("a chain has no end");
  }

  /** Gives a chain back to the driver: the element first, then the index that shows it. */
  void giveBack(int position, int head, long written) throws BrokenRingException {
    scratch.set(U32, 0, head);
    scratch.set(U32, 4, (int) written);
    long at = queue.used() + RING + (long) USED_ELEMENT * (position & queue.size() - 1);
    write(at, USED_ELEMENT);
    VarHandle.releaseFence(); // the element is there when the index shows it
    write16(queue.used() + 2, position + 1);
  }

  private int read16(long address) throws BrokenRingException {
    read(address, 2);
    return scratch.get(U16, 0) & 0xffff;
  }

  private void write16(long address, int value) throws BrokenRingException {
    scratch.set(U16, 0, (short) value);
    write(address, 2);
  }

  private void read(long address, int length) throws BrokenRingException {
    if (!dma.read(address, scratch, 0, length)) {
      throw new BrokenRingException("the device cannot read its rings");
    }
  }

  private void write(long address, int length) throws BrokenRingException {
    if (!dma.write(address, scratch, 0, length)) {
      throw new BrokenRingException("the device cannot write its rings");
    }
  }
}

package busbar.registry;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.memory.AddressSpace;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file: what descriptors of one or several clients stand for, with the answers that the
 * kernel's file layer gives before and instead of the file's own.
 *
 * <p>It is referred to by descriptors, mappings and, a group's file, by open devices. When the last
 * reference goes and no operation is inside the gate any more, {@link #dispose} runs once.
 */
abstract class OpenFile {
  private static final int POLL_IN_OUT = 5;
  private static final int FIONBIO = 0x5421;
  private static final int FIONCLEX = 0x5450;
  private static final int FIOCLEX = 0x5451;

  final Gate gate = new Gate();
  private final OpenMode mode;
  private final AtomicInteger references = new AtomicInteger(1);

  /**
   * Two readers at a time may see the same position: like the kernel's, no file here promises more.
   */
  private volatile long position;

  OpenFile(OpenMode mode) {
    this.mode = mode;
  }

  abstract String description();

  /** Every reference is gone and no operation is under way. */
  abstract void dispose();

  /** One more reference, unless the last one is gone. */
  final boolean acquire() {
    int now;
    do {
      now = references.get();
      if (now == 0) {
        return false;
      }
    } while (!references.compareAndSet(now, now + 1));
    return true;
  }

  final void release() {
    if (references.decrementAndGet() == 0) {
      gate.end(() -> Errno.EBADF.because("%s is closed", description()), this::dispose);
      ended();
    }
  }

  /** The last reference is gone; {@link #dispose} has run or will. */
  void ended() {}

  // What a kind of file can do; the defaults are those of a file without the operation.

  int readAt(ClientCaller caller, MemorySegment buffer, long offset) {
    throw Errno.EINVAL.because("%s cannot be read", description());
  }

  int writeAt(ClientCaller caller, MemorySegment buffer, long offset) {
    throw Errno.EINVAL.because("%s cannot be written", description());
  }

  abstract long command(ClientCaller caller, int command, MemorySegment argument);

  MappingImpl map(ClientImpl client, MmapRequest request) {
    throw noMmap();
  }

  /** Whether {@code pread} and {@code pwrite} are possible. */
  boolean isPositioned() {
    return true;
  }

  /** Whether the file system behind the file forbids executable mappings. */
  boolean forbidsExec() {
    return true;
  }

  int poll() {
    return POLL_IN_OUT;
  }

  long seek(long offset) {
    throw Errno.ESPIPE.because("%s has no position", description());
  }

  final VfioException noMmap() {
    return Errno.ENODEV.because("%s cannot be mapped", description());
  }

  // What the file layer checks first.

  final int read(ClientCaller caller, MemorySegment buffer) {
    long start = position;
    int done = transfer(caller, buffer, start, mode.reads(), true);
    position = start + done;
    return done;
  }

  final int write(ClientCaller caller, MemorySegment buffer) {
    long start = position;
    int done = transfer(caller, buffer, start, mode.writes(), false);
    position = start + done;
    return done;
  }

  final int pread(ClientCaller caller, MemorySegment buffer, long offset) {
    checkPosition(offset);
    return transfer(caller, buffer, offset, mode.reads(), true);
  }

  final int pwrite(ClientCaller caller, MemorySegment buffer, long offset) {
    checkPosition(offset);
    return transfer(caller, buffer, offset, mode.writes(), false);
  }

  private void checkPosition(long offset) {
    if (offset < 0) {
      throw Errno.EINVAL.because("the offset %d is negative", offset);
    }
    if (!isPositioned()) {
      throw Errno.ESPIPE.because("%s has no position", description());
    }
  }

  private int transfer(
      ClientCaller caller, MemorySegment buffer, long offset, boolean allowed, boolean reading) {
    if (!allowed) {
      throw Errno.EBADF.because("%s is open as %s", description(), mode);
    }
    if (offset + buffer.byteSize() < 0) {
      throw Errno.EINVAL.because(
          "offset %d and %d bytes exceed the longest file", offset, buffer.byteSize());
    }
    int at = gate.enter();
    try {
      return reading ? readAt(caller, buffer, offset) : writeAt(caller, buffer, offset);
    } catch (RuntimeException e) {
      throw Faults.of(e, buffer, description(), reading ? "reading" : "writing");
    } finally {
      gate.exit(at);
    }
  }

  final long ioctl(ClientCaller caller, int command, MemorySegment argument) {
    if (command == FIOCLEX || command == FIONCLEX || command == FIONBIO) {
      return fileCommand(command, argument);
    }
    int at = gate.enter();
    try {
      return command(caller, command, argument);
    } catch (RuntimeException e) {
      throw Faults.of(e, argument, description(), "in ioctl 0x" + Integer.toHexString(command));
    } finally {
      gate.exit(at);
    }
  }

  /** The commands that the kernel's file layer answers for every file. */
  private static long fileCommand(int command, MemorySegment argument) {
    if (command == FIONBIO) {
      Args.struct(argument, Integer.BYTES);
    }
    return 0;
  }

  final MappingImpl mmap(ClientImpl client, MmapRequest request) {
    if ((request.offset() & AddressSpace.PAGE - 1) != 0) {
      throw Errno.EINVAL.because(
          "the offset 0x%x is not a multiple of the page size", request.offset());
    }
    if (request.length() == 0) {
      throw Errno.EINVAL.because("a mapping of 0 bytes was asked");
    }
    if (request.length() < 0 || request.length() > 1L << 47) {
      throw Errno.ENOMEM.because("no room for a mapping of 0x%x bytes", request.length());
    }
    if (request.offset() + request.length() < 0) {
      throw Errno.EOVERFLOW.because(
          "offset 0x%x and 0x%x bytes exceed the longest file", request.offset(), request.length());
    }
    boolean writes = request.access().contains(MmapRequest.Prot.WRITE);
    boolean shared = request.sharing() == MmapRequest.Sharing.SHARED;
    if (!mode.reads() || writes && shared && !mode.writes()) {
      throw Errno.EACCES.because("%s is open as %s", description(), mode);
    }
    if (forbidsExec() && request.access().contains(MmapRequest.Prot.EXEC)) {
      throw Errno.EPERM.because("%s cannot be mapped for execution", description());
    }
    int at = gate.enter();
    try {
      return map(client, request);
    } finally {
      gate.exit(at);
    }
  }
}

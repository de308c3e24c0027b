package busbar.registry;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.client.OpenMode;
import java.lang.foreign.MemorySegment;

/** A file that a driver made: a stream without a position. */
final class DriverFile extends OpenFile {
  private final FileOps ops;
  private final String name;

  DriverFile(FileOps ops) {
    super(OpenMode.READ_WRITE);
    this.ops = ops;
    this.name = ops.name();
  }

  @Override
  String description() {
    return name;
  }

  @Override
  boolean isPositioned() {
    return false;
  }

  @Override
  int readAt(ClientCaller caller, MemorySegment buffer, long offset) {
    return moved("reading", () -> ops.read(caller, buffer), buffer);
  }

  @Override
  int writeAt(ClientCaller caller, MemorySegment buffer, long offset) {
    return moved("writing", () -> ops.write(caller, buffer), buffer);
  }

  private interface Transfer {
    int run();
  }

  private int moved(String what, Transfer transfer, MemorySegment buffer) {
    int done;
    try {
      done = transfer.run();
    } catch (Throwable t) {
      throw Faults.of(t, buffer, name, what);
    }
    if (done < 0 || done > buffer.byteSize()) {
      throw Faults.lie(name, what + " " + buffer.byteSize() + " bytes", done);
    }
    return done;
  }

  @Override
  long command(ClientCaller caller, int command, MemorySegment argument) {
    long result;
    try {
      result = ops.ioctl(caller, command, argument);
    } catch (Throwable t) {
      throw Faults.of(t, argument, name, "in an ioctl");
    }
    if (result < 0) {
      throw Faults.lie(name, "asked for ioctl 0x" + Integer.toHexString(command), result);
    }
    return result;
  }

  @Override
  int poll() {
    try {
      return ops.poll();
    } catch (Throwable t) {
      throw Faults.of(t, name, "asked what is ready");
    }
  }

  @Override
  void dispose() {
    Faults.swallow(name, "being closed", ops::release);
  }

  /** Checks that a driver gave a file at all. */
  static DriverFile of(FileOps ops) {
    if (ops == null) {
      throw Errno.EIO.because("a driver gave null for a file");
    }
    return new DriverFile(ops);
  }
}

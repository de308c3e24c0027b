package busbar.registry;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.VfioFile;
import java.lang.foreign.MemorySegment;

/** A descriptor of a client: an open file under a number, until it is closed. */
final class Descriptor implements VfioFile {
  private final ClientImpl client;
  private final ClientCaller caller;
  private final int number;
  private final OpenFile file;
  private volatile boolean closed;

  Descriptor(ClientImpl client, int number, OpenFile file) {
    this.client = client;
    this.caller = client.caller();
    this.number = number;
    this.file = file;
  }

  /** The file, while the descriptor is open. */
  OpenFile file() {
    if (closed) {
      throw closedDescriptor();
    }
    return file;
  }

  void markClosed() {
    closed = true;
  }

  private VfioException closedDescriptor() {
    return Errno.EBADF.because(
        "descriptor %d of %s (%s) is closed", number, client.name(), file.description());
  }

  @Override
  public String description() {
    return file.description();
  }

  @Override
  public int read(MemorySegment buffer) {
    return file().read(caller, buffer);
  }

  @Override
  public int write(MemorySegment buffer) {
    return file().write(caller, buffer);
  }

  @Override
  public int read(MemorySegment buffer, long offset) {
    return file().pread(caller, buffer, offset);
  }

  @Override
  public int write(MemorySegment buffer, long offset) {
    return file().pwrite(caller, buffer, offset);
  }

  @Override
  public long seek(long offset) {
    return file().seek(offset);
  }

  @Override
  public long ioctl(int command, MemorySegment argument) {
    return file().ioctl(caller, command, argument);
  }

  @Override
  public Mapping mmap(MmapRequest request) {
    return file().mmap(client, request);
  }

  @Override
  public int poll() {
    return file().poll();
  }

  @Override
  public void close() {
    client.close(this, number);
  }
}

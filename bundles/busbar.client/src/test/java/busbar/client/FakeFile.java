package busbar.client;

import busbar.api.Errno;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.VfioFile;
import java.lang.foreign.MemorySegment;

/** A descriptor of a fake client. */
final class FakeFile implements VfioFile {
  private final FakeClient client;
  private final int fd;
  private boolean closed;

  FakeFile(FakeClient client, int fd) {
    this.client = client;
    this.fd = fd;
  }

  private int fd() {
    if (closed) {
      throw Errno.EBADF.because("%s is closed", description());
    }
    return fd;
  }

  @Override
  public String description() {
    return "file " + fd;
  }

  @Override
  public int read(MemorySegment buffer) {
    return client.read(fd(), buffer);
  }

  @Override
  public int write(MemorySegment buffer) {
    return client.write(fd(), buffer);
  }

  @Override
  public int read(MemorySegment buffer, long offset) {
    return client.pread(fd(), buffer, offset);
  }

  @Override
  public int write(MemorySegment buffer, long offset) {
    return client.pwrite(fd(), buffer, offset);
  }

  @Override
  public long seek(long offset) {
    return client.lseek(fd(), offset);
  }

  @Override
  public long ioctl(int command, MemorySegment argument) {
    return client.ioctl(fd(), command, argument);
  }

  @Override
  public Mapping mmap(MmapRequest request) {
    return client.mmap(fd(), request);
  }

  @Override
  public int poll() {
    return client.poll(fd());
  }

  @Override
  public void close() {
    int open = fd();
    closed = true;
    client.close(open);
  }
}

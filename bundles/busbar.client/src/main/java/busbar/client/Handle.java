package busbar.client;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A descriptor that is closed once, whoever goes first: it, its client, or both at the same time.
 */
final class Handle implements AutoCloseable {
  private final VfioClient client;
  private final int fd;
  private final VfioFile file;
  private final AtomicBoolean closed = new AtomicBoolean();

  Handle(VfioClient client, int fd) {
    this.client = client;
    this.fd = fd;
    this.file = client.file(fd);
  }

  VfioClient client() {
    return client;
  }

  VfioFile file() {
    return file;
  }

  /**
   * The number, as long as it is this file's.
   *
   * @throws VfioException {@code EBADF} if it is closed: the number may be another file's by now
   */
  int fd() {
    if (isClosed()) {
      throw Errno.EBADF.because("%s is closed", file.description());
    }
    return fd;
  }

  boolean isClosed() {
    return closed.get();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      file.close();
    } catch (VfioException e) {
      // a client that ended has closed it
      if (!client.isClosed()) {
        throw e;
      }
    }
  }
}

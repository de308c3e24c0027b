package busbar.registry;

import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.client.OpenMode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An eventfd as a file, non-blocking. */
final class EventFile extends OpenFile {
  final EventFd event = new EventFd();

  EventFile() {
    super(OpenMode.READ_WRITE);
  }

  @Override
  String description() {
    return "eventfd";
  }

  @Override
  boolean isPositioned() {
    return false;
  }

  @Override
  long seek(long offset) {
    return 0;
  }

  @Override
  int readAt(ClientCaller caller, MemorySegment buffer, long offset) {
    if (buffer.byteSize() < Long.BYTES) {
      throw Errno.EINVAL.because("an eventfd is read by 8 bytes, not %d", buffer.byteSize());
    }
    long count = event.take();
    if (count == 0) {
      throw Errno.EAGAIN.because("the eventfd has not been signalled");
    }
    buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, count);
    return Long.BYTES;
  }

  @Override
  int writeAt(ClientCaller caller, MemorySegment buffer, long offset) {
    if (buffer.byteSize() < Long.BYTES) {
      throw Errno.EINVAL.because("an eventfd is written by 8 bytes, not %d", buffer.byteSize());
    }
    long count = buffer.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    if (count == -1) {
      throw Errno.EINVAL.because("2^64-1 cannot be added to an eventfd");
    }
    if (Long.compareUnsigned(EventFd.MAX - event.peek(), count) < 0) {
      throw Errno.EAGAIN.because("the eventfd's counter would overflow");
    }
    if (count != 0) {
      event.signal(count);
    }
    return Long.BYTES;
  }

  @Override
  long command(ClientCaller caller, int command, MemorySegment argument) {
    throw Errno.ENOTTY.because("an eventfd has no ioctl 0x%x", command);
  }

  @Override
  int poll() {
    long count = event.peek();
    int in = count != 0 ? 1 : 0;
    int out = Long.compareUnsigned(count, EventFd.MAX) < 0 ? 4 : 0;
    return in | out;
  }

  @Override
  void dispose() {
    event.close();
  }
}

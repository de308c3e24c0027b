package busbar.client;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_MASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TRIGGER;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_UNMASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_NONE;

import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.VfioException;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/** Armed interrupts of one index, each with an eventfd. Closing disarms them. */
public final class Interrupts implements AutoCloseable {
  private static final int NONE = -1;

  private final VfioClient client;
  private final VfioFile device;
  private final int index;
  private final int[] fds;
  private final EventFd[] eventFds;
  private final AtomicBoolean armed = new AtomicBoolean(true);

  private Interrupts(Handle device, int index, int count) {
    this.client = device.client();
    this.device = device.file();
    this.index = index;
    fds = new int[count];
    eventFds = new EventFd[count];
    Arrays.fill(fds, NONE);
  }

  static Interrupts arm(Handle device, int index, int count) {
    Interrupts interrupts = new Interrupts(device, index, count);
    try {
      interrupts.openEventFds();
      interrupts.connect();
      return interrupts;
    } catch (RuntimeException e) {
      interrupts.closeEventFds();
      throw e;
    }
  }

  private void openEventFds() {
    for (int i = 0; i < fds.length; i++) {
      fds[i] = client.eventFd();
      eventFds[i] = client.eventFd(fds[i]);
    }
  }

  private void connect() {
    MemorySegment argument = Argument.of(VfioIrqSet.SIZE + 4L * fds.length);
    new VfioIrqSet(
            (int) argument.byteSize(),
            VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
            index,
            0,
            fds.length)
        .encode(argument);
    for (int i = 0; i < fds.length; i++) {
      argument.set(ValueLayout.JAVA_INT_UNALIGNED, VfioIrqSet.OFFSET_DATA + 4L * i, fds[i]);
    }
    long available = device.ioctl(VFIO_DEVICE_SET_IRQS, argument);
    if (available > 0) {
      throw Errno.EBUSY.because(
          "%d interrupts were asked for, the host has %d for %s",
          fds.length, available, device.description());
    }
  }

  public int count() {
    return eventFds.length;
  }

  /** The eventfd of one interrupt. */
  public EventFd eventFd(int interrupt) {
    return eventFds[interrupt];
  }

  /**
   * Waits for an interrupt.
   *
   * @return how often it came since the last look, 0 if the time ended first
   */
  public long await(int interrupt, Duration timeout) throws InterruptedException {
    return eventFds[interrupt].await(timeout.toNanos());
  }

  /** Masks an interrupt; {@code ENOTTY} or {@code EINVAL} if its index cannot be masked. */
  public void mask(int interrupt) {
    act(VFIO_IRQ_SET_ACTION_MASK, interrupt, 1);
  }

  /** Unmasks it; a level that is still high comes again at once. */
  public void unmask(int interrupt) {
    act(VFIO_IRQ_SET_ACTION_UNMASK, interrupt, 1);
  }

  /** Makes it come as if the device had sent it. */
  public void loopback(int interrupt) {
    act(VFIO_IRQ_SET_ACTION_TRIGGER, interrupt, 1);
  }

  private void act(int action, int start, int count) {
    MemorySegment argument = Argument.of(VfioIrqSet.SIZE);
    new VfioIrqSet((int) VfioIrqSet.SIZE, VFIO_IRQ_SET_DATA_NONE | action, index, start, count)
        .encode(argument);
    device.ioctl(VFIO_DEVICE_SET_IRQS, argument);
  }

  /** Disarms all and closes the eventfds. A device that is closed has disarmed them itself. */
  @Override
  public void close() {
    if (!armed.getAndSet(false)) {
      return;
    }
    try {
      act(VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0);
    } catch (VfioException e) {
      if (!client.isClosed() && e.errno() != Errno.EBADF && e.errno() != Errno.EINVAL) {
        throw e;
      }
    } finally {
      closeEventFds();
    }
  }

  private void closeEventFds() {
    for (int fd : fds) {
      try {
        if (fd != NONE) {
          client.close(fd);
        }
      } catch (VfioException e) {
        // a client that ended has closed them
        if (!client.isClosed()) {
          throw e;
        }
      }
    }
  }
}

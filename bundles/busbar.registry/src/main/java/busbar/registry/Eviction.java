package busbar.registry;

import busbar.api.Errno;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** Takes a device from its driver while users have it open: the driver, or the device, is gone. */
final class Eviction {
  private static final System.Logger LOG = System.getLogger(Eviction.class.getName());

  /** How long a driver that goes may take to finish its operations before it is left behind. */
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final DeviceObject device;
  private final CountDownLatch driverGone = new CountDownLatch(1);

  /** Files and the device's own gate that somebody may still be inside of. */
  private final AtomicInteger pending = new AtomicInteger();

  private volatile String because;

  Eviction(DeviceObject device) {
    this.device = device;
  }

  /** Why the driver is gone; {@code null} while it is there. */
  String because() {
    return because;
  }

  /**
   * Operations finish, later ones are {@code ENODEV}, the driver lets go. A driver that hangs in an
   * operation is let go by that operation's thread, if it ever returns.
   *
   * @param opening runs when every file refuses: opens gates that were closed for the driver's
   *     replacement
   * @return {@code false} if somebody else did it before, or does it now
   */
  boolean run(String reason, Runnable opening) {
    boolean first;
    ReentrantLock setLock = device.setLock();
    // a driver that hangs in an open or release holds the set's lock: then we go on without
    boolean locked = Locks.tryLock(setLock, DRAIN_NANOS);
    try {
      first = because == null;
      if (first) {
        because = reason;
        device.withdraw();
        pending.set(device.files().size() + 1);
        device.files().forEach(file -> file.kill(reason, this::drained));
      }
    } finally {
      if (locked) {
        setLock.unlock();
      }
    }
    if (first) {
      device.gate.end(() -> Errno.ENODEV.because(reason), this::drained);
      device.zap();
    }
    opening.run();
    awaitDriverGone();
    return first;
  }

  /** A file whose open hung in the driver while that one went is dead from the start. */
  void catchUp(DeviceFile file) {
    String reason = because;
    if (reason != null) {
      file.kill(reason, () -> {});
    }
  }

  /** Runs on the thread that evicts, or on that of the last operation: neither may get stuck. */
  private void drained() {
    if (pending.decrementAndGet() > 0) {
      return;
    }
    ReentrantLock setLock = device.setLock();
    if (setLock.tryLock()) {
      letDriverGo(setLock);
    } else {
      Thread.ofVirtual().name("busbar-eviction-" + device.name()).start(this::letDriverGoLater);
    }
  }

  /** An open or release of a member is under way, maybe for ever. */
  private void letDriverGoLater() {
    ReentrantLock setLock = device.setLock();
    setLock.lock();
    letDriverGo(setLock);
  }

  private void letDriverGo(ReentrantLock held) {
    try {
      device.releaseDriver();
    } finally {
      held.unlock();
    }
    device.removeDriver();
    driverGone.countDown();
  }

  private void awaitDriverGone() {
    try {
      if (!driverGone.await(DRAIN_NANOS, TimeUnit.NANOSECONDS)) {
        LOG.log(
            System.Logger.Level.ERROR,
            "{0} does not finish with {1}; it gets it back when it does",
            device.binding().who(),
            device.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

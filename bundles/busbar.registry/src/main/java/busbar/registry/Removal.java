package busbar.registry;

import busbar.api.Errno;
import busbar.api.time.Timing;
import busbar.registry.DeviceEntry.HostBound;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes a driver away from its device. An open device is asked for, at once and then every ten
 * seconds, until the user lets go; nothing ever forces the user out.
 */
final class Removal {
  private static final System.Logger LOG = System.getLogger(Removal.class.getName());
  static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Groups groups;
  private final Timing timing;

  Removal(Groups groups, Timing timing) {
    this.groups = groups;
    this.timing = timing;
  }

  /** What an interrupted caller does. */
  enum Patience {
    /** Fails with {@code EINTR}; the removal goes on without it. */
    INTERRUPTIBLE,
    /** Waits to the end. */
    ENDLESS
  }

  /**
   * Unbinds, with the device's turn, which is given back when the removal is over.
   *
   * @throws busbar.api.VfioException {@code EINTR}
   */
  void run(DeviceEntry entry, Patience patience) {
    switch (entry.bound()) {
      case null -> entry.giveTurn();
      case HostBound host -> {
        releaseHost(entry, host);
        entry.giveTurn();
      }
      case VfioBound vfio -> remove(entry, vfio.object(), patience);
    }
  }

  void releaseHost(DeviceEntry entry, HostBound host) {
    if (host.owned() != null) {
      host.owned().leaveHost(entry.name());
    }
    entry.setBound(null);
  }

  private void remove(DeviceEntry entry, DeviceObject object, Patience patience) {
    object.withdraw();
    if (!object.registration().isHeld()) {
      finish(entry, object);
      return;
    }
    entry.setRemoving(true);
    CountDownLatch done = new CountDownLatch(1);
    Thread.ofVirtual()
        .name("busbar-removal-" + entry.name())
        .start(
            () -> {
              try {
                askUntilReleased(object);
                finish(entry, object);
              } finally {
                done.countDown();
              }
            });
    await(done, entry, patience);
  }

  private void askUntilReleased(DeviceObject object) {
    Registration registration = object.registration();
    for (int count = 0; registration.isHeld(); count++) {
      object.request(count);
      registration.holdsLock.lock();
      try {
        long left = STEP_NANOS;
        while (registration.isHeld() && left > 0) {
          left = timing.await(registration.released, left);
        }
      } catch (InterruptedException e) {
        // the thread is ours and nobody has a reason to interrupt it: ask once more
      } finally {
        registration.holdsLock.unlock();
      }
    }
  }

  private void finish(DeviceEntry entry, DeviceObject object) {
    try {
      object.leave(groups);
      if (object.killedBecause() == null) {
        object.removeDriver();
      }
    } finally {
      if (entry.bound() instanceof VfioBound now && now.object() == object) {
        entry.setBound(null);
      }
      entry.setRemoving(false);
      entry.giveTurn();
    }
  }

  /** A device whose driver is gone leaves its group when its last file is closed. */
  void finishKilled(DeviceObject object) {
    object.registration().whenUnheld(() -> object.leave(groups));
  }

  private static void await(CountDownLatch done, DeviceEntry entry, Patience patience) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} is in use; its removal waits until it is released",
            entry.name());
        if (patience == Patience.INTERRUPTIBLE) {
          Thread.currentThread().interrupt();
          throw Errno.EINTR.because(
              "interrupted while %s is in use; its removal goes on", entry.name());
        }
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

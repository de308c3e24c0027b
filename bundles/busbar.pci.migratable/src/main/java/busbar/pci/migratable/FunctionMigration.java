package busbar.pci.migratable;

import static busbar.api.device.MigrationState.ERROR;
import static busbar.api.device.MigrationState.PRE_COPY;
import static busbar.api.device.MigrationState.PRE_COPY_P2P;
import static busbar.api.device.MigrationState.RESUMING;
import static busbar.api.device.MigrationState.RUNNING;
import static busbar.api.device.MigrationState.RUNNING_P2P;
import static busbar.api.device.MigrationState.STOP;
import static busbar.api.device.MigrationState.STOP_COPY;
import static busbar.api.device.MigrationStates.FLAG_P2P;
import static busbar.api.device.MigrationStates.FLAG_PRE_COPY;
import static busbar.api.device.MigrationStates.FLAG_STOP_COPY;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.device.MigrationState;
import busbar.api.device.MigrationStates;
import busbar.api.pci.PciMigration;
import busbar.api.pci.PciMigration.Activity;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The migration of one function: state machine and streams on top of what the hardware can do.
 *
 * <p>Any thread. The state lock guards everything here and in the streams; the hardware is called
 * under it, and tells of resets without a lock of its own.
 */
final class FunctionMigration {
  static final long FLAGS = FLAG_STOP_COPY | FLAG_P2P | FLAG_PRE_COPY;

  private final String name;
  private final Supplier<Optional<PciMigration>> source;
  final ReentrantLock stateLock = new ReentrantLock();

  // guarded by stateLock
  private MigrationState state = RUNNING;
  private SavingStream saving;
  private ResumingStream resuming;

  private volatile boolean precopyInfoV2;

  /**
   * The function runs.
   *
   * @param source gives the hardware's part, which is missing while the hardware has none
   */
  FunctionMigration(String name, Supplier<Optional<PciMigration>> source) {
    this.name = name;
    this.source = source;
  }

  String name() {
    return name;
  }

  /** {@code ENODEV} while the hardware lacks it, as while its model is exchanged for another. */
  PciMigration hardware() {
    return source.get().orElseThrow(() -> Errno.ENODEV.because("%s cannot migrate now", name));
  }

  long flags() {
    return source.get().isPresent() ? FLAGS : 0;
  }

  // Life of the device.

  /** The first user opened it. */
  void opened() {
    takenOver();
    stateLock.lock();
    try {
      hardware().setActivity(Activity.RUNNING);
      becomeRunning();
    } finally {
      stateLock.unlock();
    }
  }

  /** From now on it is this driver that hears of resets. */
  void takenOver() {
    source.get().ifPresent(hardware -> hardware.onReset(this::wasReset));
  }

  /** The last user closed it: what it was in the middle of is over. */
  void closed() {
    Optional<PciMigration> hardware = source.get();
    hardware.ifPresent(
        there -> {
          there.onReset(null);
          there.stopLogging();
        });
    stateLock.lock();
    try {
      becomeRunning();
      hardware.ifPresent(FunctionMigration::run);
    } finally {
      stateLock.unlock();
    }
  }

  /** For a close, which cannot fail: a function that is gone has come to rest for good. */
  private static void run(PciMigration hardware) {
    try {
      hardware.setActivity(Activity.RUNNING);
    } catch (VfioException e) {
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  /** The function was reset, which makes it run and is the one way out of {@code ERROR}. */
  void wasReset() {
    stateLock.lock();
    try {
      becomeRunning();
    } finally {
      stateLock.unlock();
    }
  }

  private void becomeRunning() {
    state = RUNNING;
    dropStreams();
  }

  /** {@code EBUSY} if a migration or its log goes on, which another driver could not continue. */
  void checkIdle() {
    stateLock.lock();
    try {
      if (state != RUNNING) {
        throw Errno.EBUSY.because("%s is %s, in the middle of a migration", name, state);
      }
    } finally {
      stateLock.unlock();
    }
    if (source.get().map(PciMigration::isLogging).orElse(false)) {
      throw Errno.EBUSY.because("%s logs what it writes, for a migration", name);
    }
  }

  // States.

  MigrationState state() {
    stateLock.lock();
    try {
      return state;
    } finally {
      stateLock.unlock();
    }
  }

  /**
   * Goes to a state.
   *
   * @return the stream if the last arc opened one
   * @throws busbar.api.VfioException as the hardware says; the device stays where it had come to,
   *     or is in {@code ERROR} if the hardware failed
   */
  Optional<FileOps> setState(MigrationState target) {
    stateLock.lock();
    try {
      FileOps stream = null;
      while (state != target) {
        MigrationState next = MigrationStates.next(flags(), state, target);
        stream = step(next);
        state = next;
      }
      return Optional.ofNullable(stream);
    } catch (VfioException e) {
      if (e.errno() == Errno.EIO || e.errno() == Errno.ENODEV) {
        fail();
      }
      throw e;
    } catch (RuntimeException e) {
      fail();
      throw new VfioException(Errno.EIO, "the hardware of " + name + " failed: " + e, e);
    } finally {
      stateLock.unlock();
    }
  }

  private void fail() {
    state = ERROR;
    dropStreams();
  }

  /** One arc; the stream that it opens, {@code null} if it opens none. */
  private FileOps step(MigrationState next) {
    if (state == RESUMING) {
      load();
    }
    rest(next);
    return switch (next) {
      case STOP_COPY -> stopCopy();
      case PRE_COPY, PRE_COPY_P2P -> saving == null ? preCopy() : null;
      case RESUMING -> resuming = new ResumingStream(this, hardware().kind());
      default -> {
        dropStreams();
        yield null;
      }
    };
  }

  /** A state that is refused leaves room for another one in the same stream. */
  private void load() {
    try {
      hardware().load(resuming.image());
    } catch (RuntimeException e) {
      resuming.startAnew();
      throw e;
    }
  }

  private void rest(MigrationState next) {
    Activity wanted = activityIn(next);
    if (hardware().activity() != wanted) {
      hardware().setActivity(wanted);
    }
  }

  static Activity activityIn(MigrationState state) {
    return switch (state) {
      case RUNNING, PRE_COPY -> Activity.RUNNING;
      case RUNNING_P2P, PRE_COPY_P2P -> Activity.QUIET;
      case STOP, STOP_COPY, RESUMING, ERROR -> Activity.STOPPED;
    };
  }

  /** The stream of a pre-copy goes on with what has changed. */
  private FileOps stopCopy() {
    byte[] image = hardware().save();
    if (saving != null) {
      saving.finish(image);
      return null;
    }
    SavingStream fresh = new SavingStream(this, hardware().kind(), image);
    fresh.finish(image);
    saving = fresh;
    return fresh;
  }

  private FileOps preCopy() {
    saving = new SavingStream(this, hardware().kind(), hardware().save());
    return saving;
  }

  private void dropStreams() {
    if (saving != null) {
      saving.end();
      saving = null;
    }
    if (resuming != null) {
      resuming.end();
      resuming = null;
    }
  }

  // What the streams ask; with the state lock.

  boolean isPreCopying() {
    return state == PRE_COPY || state == PRE_COPY_P2P;
  }

  MigrationState stateNow() {
    return state;
  }

  boolean hasPrecopyInfoV2() {
    return precopyInfoV2;
  }

  void enablePrecopyInfoV2() {
    precopyInfoV2 = true;
  }

  /** What {@code STOP_COPY} would hold now, all of it: a pre-copy may have taken some before. */
  long dataSize() {
    stateLock.lock();
    try {
      PciMigration hardware = hardware();
      return SavingStream.sizeOf(hardware.kind(), hardware.save().length);
    } finally {
      stateLock.unlock();
    }
  }
}

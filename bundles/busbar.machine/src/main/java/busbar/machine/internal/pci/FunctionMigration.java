package busbar.machine.internal.pci;

import busbar.api.Errno;
import busbar.api.device.DmaLoggingOps.DirtySink;
import busbar.api.device.DmaLoggingOps.Range;
import busbar.api.pci.PciMigration;
import busbar.api.state.StateCodec;
import busbar.api.state.StateRecord;
import busbar.machine.internal.iommu.LoggedDma;
import busbar.machine.internal.iommu.WriteLog;
import busbar.machine.internal.model.DeviceWork;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How a function comes to rest and is moved: its work is held, its model tells its state as for an
 * exchange, and at the other end a fresh model takes it.
 */
final class FunctionMigration implements PciMigration {
  private static final long REST_NANOS = 1_000_000_000;
  private static final long SMALLEST_PAGE = 4096;
  private static final long LARGEST_PAGE = 1L << 30;

  private final FunctionHardware function;
  private final DeviceWork work;
  private final LoggedDma dma;

  /** Guards changes of the activity, and keeps it while the state is told or taken. */
  private final ReentrantLock activityLock = new ReentrantLock();

  private volatile Activity activity = Activity.RUNNING;
  private volatile Runnable resetListener;

  FunctionMigration(FunctionHardware function, DeviceWork work, LoggedDma dma) {
    this.function = function;
    this.work = work;
    this.dma = dma;
  }

  /** Whether the device takes no part in anything. */
  boolean isStopped() {
    return activity == Activity.STOPPED;
  }

  /** The function was reset, and its model with it. */
  void wasReset() {
    activityLock.lock();
    try {
      activity = Activity.RUNNING;
      work.release();
    } finally {
      activityLock.unlock();
    }
    Runnable listener = resetListener;
    if (listener != null) {
      listener.run();
    }
  }

  @Override
  public Activity activity() {
    return activity;
  }

  @Override
  public void setActivity(Activity wanted) {
    activityLock.lock();
    try {
      checkPresent();
      if (wanted == Activity.RUNNING) {
        activity = wanted;
        work.release();
      } else {
        if (activity == Activity.RUNNING) {
          rest();
        }
        activity = wanted;
      }
    } finally {
      activityLock.unlock();
    }
  }

  private void rest() {
    if (!work.hold(REST_NANOS)) {
      throw Errno.EBUSY.because(
          "%s is at work that has not ended within a second", function.name());
    }
  }

  private void checkPresent() {
    if (function.isGone()) {
      throw Errno.ENODEV.because("%s is gone", function.name());
    }
  }

  @Override
  public byte[] save() {
    activityLock.lock();
    try {
      checkPresent();
      return StateCodec.encode(FunctionImage.of(function, kind(), function.host().look()));
    } finally {
      activityLock.unlock();
    }
  }

  @Override
  public void load(byte[] state) {
    StateRecord decoded = StateCodec.decode(state);
    activityLock.lock();
    try {
      checkPresent();
      if (activity != Activity.STOPPED) {
        throw Errno.EBUSY.because("%s takes a state only while it is stopped", function.name());
      }
      FunctionImage.load(function, kind(), decoded);
    } finally {
      activityLock.unlock();
    }
  }

  @Override
  public String kind() {
    return "%04x:%04x %s"
        .formatted(
            function.config().read(0, 2),
            function.config().read(2, 2),
            function.description().model());
  }

  @Override
  public void onReset(Runnable listener) {
    resetListener = listener;
  }

  @Override
  public long startLogging(List<Range> ranges, long pageSize) {
    activityLock.lock();
    try {
      checkPresent();
      if (dma.log() != null) {
        throw Errno.EINVAL.because("what %s writes is logged already", function.name());
      }
      long wish = Math.clamp(pageSize, SMALLEST_PAGE, LARGEST_PAGE);
      long size = Long.highestOneBit(wish);
      dma.setLog(new WriteLog(ranges, size));
      return size;
    } finally {
      activityLock.unlock();
    }
  }

  @Override
  public boolean isLogging() {
    return dma.log() != null;
  }

  @Override
  public void stopLogging() {
    dma.setLog(null);
  }

  @Override
  public void reportWritten(long iova, long length, DirtySink sink) {
    WriteLog log = dma.log();
    if (log == null) {
      throw Errno.EINVAL.because("what %s writes is not logged", function.name());
    }
    log.report(iova, length, sink);
  }
}

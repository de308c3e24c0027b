package busbar.machine.model;

import busbar.api.Errno;
import busbar.api.time.Timing;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One timer of a device, for work that takes time: it can be stopped for a save with the time that
 * is left, and nothing of it runs after that.
 *
 * <p>Any thread. {@link #start}, {@link #cancel} and the queries may be called under the model's
 * lock; {@link #suspend} and {@link #stop} wait for a task that runs and therefore may not.
 */
public final class DeviceTimer {
  /** What {@link #remainingNanos} and {@link #suspend} give if nothing is to run. */
  public static final long IDLE = -1;

  private static final long SUSPEND_NANOS = 100_000_000;

  private final Timing timing;
  private final Runnable task;
  private final ReentrantLock stateLock = new ReentrantLock();
  private final Condition taskEnded = stateLock.newCondition();
  private Timing.Timer timer;
  private boolean armed;
  private long dueNanos;
  private long startCount;
  private Thread runner;
  private boolean suspended;
  private long leftNanos = IDLE;

  public DeviceTimer(Timing timing, Runnable task) {
    this.timing = timing;
    this.task = task;
  }

  /** Runs the task once after the delay; takes the place of an earlier start. */
  public void start(long delayNanos) {
    long delay = Math.max(0, delayNanos);
    stateLock.lock();
    try {
      disarm();
      if (suspended) {
        leftNanos = delay;
      } else {
        arm(delay);
      }
    } finally {
      stateLock.unlock();
    }
  }

  /**
   * Takes over what {@link #suspend} of a predecessor gave: starts unless that was {@link #IDLE}.
   */
  public void takeOver(long leftNanos) {
    if (leftNanos != IDLE) {
      start(leftNanos);
    }
  }

  /** Calls it off; a task that runs already goes on. */
  public void cancel() {
    stateLock.lock();
    try {
      disarm();
      leftNanos = IDLE;
    } finally {
      stateLock.unlock();
    }
  }

  /** Calls it off and waits for a task that runs (unless that task calls this). */
  public void stop() {
    stateLock.lock();
    try {
      disarm();
      leftNanos = IDLE;
      awaitTask();
      disarm();
      leftNanos = IDLE;
    } finally {
      stateLock.unlock();
    }
  }

  /** Time until the task runs, {@link #IDLE} if it is not started. */
  public long remainingNanos() {
    stateLock.lock();
    try {
      return remaining();
    } finally {
      stateLock.unlock();
    }
  }

  /**
   * Holds time: waits for a task that runs, keeps what is left of a started one. A start that comes
   * meanwhile is kept too.
   *
   * @throws busbar.api.VfioException {@code EAGAIN} if the task does not end within a tenth of a
   *     second; {@link #resume} lets time go on
   * @return the time left, {@link #IDLE} if it is not started
   */
  public long suspend() {
    stateLock.lock();
    try {
      if (!suspended) {
        suspended = true;
        leftNanos = armed ? Math.max(0, dueNanos - timing.nanoTime()) : IDLE;
        disarm();
      }
      awaitTaskBriefly();
      return leftNanos;
    } finally {
      stateLock.unlock();
    }
  }

  /** Lets time go on after {@link #suspend}. */
  public void resume() {
    stateLock.lock();
    try {
      if (suspended) {
        suspended = false;
        if (leftNanos != IDLE) {
          arm(leftNanos);
          leftNanos = IDLE;
        }
      }
    } finally {
      stateLock.unlock();
    }
  }

  private long remaining() {
    if (suspended) {
      return leftNanos;
    }
    return armed ? Math.max(0, dueNanos - timing.nanoTime()) : IDLE;
  }

  private void arm(long delay) {
    long mine = ++startCount;
    armed = true;
    dueNanos = timing.nanoTime() + delay;
    timer = timing.schedule(delay, () -> fire(mine));
  }

  private void disarm() {
    if (armed) {
      armed = false;
      startCount++; // a task that was called off too late finds another number
      timer.cancel();
      timer = null;
    }
  }

  private void fire(long number) {
    stateLock.lock();
    try {
      while (runner != null && number == startCount) {
        taskEnded.awaitUninterruptibly();
      }
      if (!armed || number != startCount) {
        return;
      }
      armed = false;
      timer = null;
      runner = Thread.currentThread();
    } finally {
      stateLock.unlock();
    }
    try {
      task.run();
    } finally {
      stateLock.lock();
      try {
        runner = null;
        taskEnded.signalAll();
      } finally {
        stateLock.unlock();
      }
    }
  }

  private void awaitTask() {
    while (runner != null && runner != Thread.currentThread()) {
      taskEnded.awaitUninterruptibly();
    }
  }

  private void awaitTaskBriefly() {
    long left = SUSPEND_NANOS;
    boolean interrupted = false;
    while (runner != null && runner != Thread.currentThread() && left > 0) {
      try {
        left = taskEnded.awaitNanos(left);
      } catch (InterruptedException e) {
        interrupted = true; // the save goes on; who asked for it finds out after that
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (runner != null && runner != Thread.currentThread()) {
      throw Errno.EAGAIN.because("work of the device has not ended within a tenth of a second");
    }
  }
}

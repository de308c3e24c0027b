package busbar.machine.internal.model;

import busbar.api.time.Timing;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The machine's time as one device sees it. All that a device does of itself it does on its timers:
 * holding them brings it to rest, whatever model it has, and whichever it gets meanwhile.
 *
 * <p>Any thread. While it is held the clock goes on; work that falls due waits in its order and is
 * done soon after {@link #release}.
 */
public final class DeviceWork implements Timing {
  private final Timing timing;
  private final ReentrantLock workLock = new ReentrantLock();
  private final Condition workEnded = workLock.newCondition();

  // guarded by workLock
  private final Set<Work> waiting = new LinkedHashSet<>();
  private boolean held;
  private int running;

  public DeviceWork(Timing timing) {
    this.timing = timing;
  }

  /**
   * Lets nothing new begin and waits for what is under way.
   *
   * @return whether all of it ended in that time; if not, nothing is held
   */
  public boolean hold(long nanos) {
    workLock.lock();
    try {
      held = true;
      long left = nanos;
      boolean interrupted = false;
      while (running > 0 && left > 0) {
        try {
          left = workEnded.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true; // who asked for rest finds out after that
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (running == 0) {
        return true;
      }
    } finally {
      workLock.unlock();
    }
    release();
    return false;
  }

  /** Lets work go on; what waits is done soon. */
  public void release() {
    List<Work> due;
    workLock.lock();
    try {
      held = false;
      due = new ArrayList<>(waiting);
      waiting.clear();
    } finally {
      workLock.unlock();
    }
    due.forEach(work -> work.arm(0));
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    Work work = new Work(task);
    work.arm(delayNanos);
    return work;
  }

  /** One timer. It may be armed again once, when it fell due while work was held. */
  private final class Work implements Timer {
    private final Runnable task;
    private volatile Timer timer;

    /** Whether the task has begun or never will; guarded by the work lock. */
    private boolean over;

    Work(Runnable task) {
      this.task = task;
    }

    void arm(long delayNanos) {
      timer = timing.schedule(delayNanos, this::fire);
    }

    private void fire() {
      workLock.lock();
      try {
        if (over) {
          return;
        }
        if (held) {
          waiting.add(this);
          return;
        }
        over = true;
        running++;
      } finally {
        workLock.unlock();
      }
      try {
        task.run();
      } finally {
        workLock.lock();
        try {
          running--;
          workEnded.signalAll();
        } finally {
          workLock.unlock();
        }
      }
    }

    @Override
    public boolean cancel() {
      workLock.lock();
      try {
        if (over) {
          return false;
        }
        over = true;
        waiting.remove(this);
      } finally {
        workLock.unlock();
      }
      Timer now = timer;
      if (now != null) {
        now.cancel();
      }
      return true;
    }
  }

  @Override
  public long nanoTime() {
    return timing.nanoTime();
  }

  @Override
  public long epochSeconds() {
    return timing.epochSeconds();
  }

  @Override
  public long await(Condition condition, long nanos) throws InterruptedException {
    return timing.await(condition, nanos);
  }
}

package busbar.api.time;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;

/**
 * The host's time. One daemon thread keeps the timers of all devices, each task runs on a virtual
 * thread.
 */
public final class SystemTiming implements Timing, AutoCloseable {
  private final ScheduledThreadPoolExecutor scheduler;

  public SystemTiming() {
    scheduler =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "busbar-timing");
              thread.setDaemon(true);
              return thread;
            });
    scheduler.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long epochSeconds() {
    return System.currentTimeMillis() / 1000;
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    if (delayNanos <= 0) {
      return start(task);
    }
    ScheduledFuture<?> future =
        scheduler.schedule(
            () -> Thread.ofVirtual().name("busbar-timer").start(task),
            delayNanos,
            TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** At once, without a detour over the thread that keeps the timers. */
  private static Timer start(Runnable task) {
    AtomicBoolean waiting = new AtomicBoolean(true);
    Thread.ofVirtual()
        .name("busbar-timer")
        .start(
            () -> {
              if (waiting.getAndSet(false)) {
                task.run();
              }
            });
    return () -> waiting.getAndSet(false);
  }

  @Override
  public long await(Condition condition, long nanos) throws InterruptedException {
    return condition.awaitNanos(nanos);
  }

  /** How many timers are set and have not run. */
  public int pending() {
    return scheduler.getQueue().size();
  }

  @Override
  public void close() {
    scheduler.shutdownNow();
  }
}

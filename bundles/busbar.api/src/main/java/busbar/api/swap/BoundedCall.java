package busbar.api.swap;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Calls of somebody who may hang: each runs on a thread of this object, with a deadline. For one
 * swap; the thread ends with {@link #close}, or when the call that hung in it returns.
 */
public final class BoundedCall implements AutoCloseable {
  private static final Runnable END = () -> {};

  private final BlockingQueue<Runnable> calls = new ArrayBlockingQueue<>(64);
  private final Thread thread;
  private final long nanos;

  /** The hung call's cleanup runs on the same thread, after it. */
  private volatile boolean abandoned;

  public BoundedCall(String name, long nanos) {
    this.nanos = nanos;
    // a platform thread: clients may keep every carrier of virtual ones busy
    // and before all others, where the system lets threads have priorities: they may wait for it
    thread =
        Thread.ofPlatform().daemon().name(name).priority(Thread.MAX_PRIORITY).start(this::serve);
  }

  private void serve() {
    while (true) {
      try {
        Runnable call = calls.take();
        if (call == END) {
          return;
        }
        call.run();
      } catch (InterruptedException e) {
        // meant for a call that has returned: what follows it is to run all the same
      }
    }
  }

  /**
   * Runs a call.
   *
   * @param what for the error: {@code "driver vfio-pci restoring 0000:00:04.0"}
   * @param late runs on the other thread if the call returns after it was given up
   * @throws VfioException {@code ETIMEDOUT} it took too long and was interrupted; {@code EINTR} the
   *     waiting thread was interrupted; what the call throws if it is one
   * @throws IllegalStateException with the cause, for anything else that the call throws
   */
  public <T> T call(String what, Callable<T> call, Runnable late) {
    long until = System.nanoTime() + nanos;
    return call(what, () -> until, call, late);
  }

  /**
   * As {@link #call(String, Callable, Runnable)}, with a deadline that may move.
   *
   * @param until when the call is given up, by {@link System#nanoTime}; asked again at that time
   */
  public <T> T call(String what, LongSupplier until, Callable<T> call, Runnable late) {
    if (abandoned) {
      throw Errno.ETIMEDOUT.because("%s: an earlier call hangs", what);
    }
    FutureTask<T> task = new FutureTask<>(call);
    calls.add(task);
    try {
      return await(task, until);
    } catch (TimeoutException e) {
      abandon(late);
      throw Errno.ETIMEDOUT.because(
          "%s did not end within %d ms", what, TimeUnit.NANOSECONDS.toMillis(nanos));
    } catch (InterruptedException e) {
      abandon(late);
      Thread.currentThread().interrupt();
      throw Errno.EINTR.because("interrupted while %s was under way", what);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof VfioException answer) {
        throw answer;
      }
      throw new IllegalStateException(what + " failed with " + e.getCause(), e.getCause());
    }
  }

  private static <T> T await(FutureTask<T> task, LongSupplier until)
      throws InterruptedException, ExecutionException, TimeoutException {
    while (true) {
      long asked = until.getAsLong();
      try {
        return task.get(asked - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (until.getAsLong() - asked <= 0) {
          throw e;
        }
      }
    }
  }

  /** Whether a call was given up. */
  public boolean hangs() {
    return abandoned;
  }

  private void abandon(Runnable late) {
    abandoned = true;
    // first, so that it does not meet what follows
    thread.interrupt();
    calls.add(late);
    calls.add(END);
  }

  /** No call follows; one that hangs is left behind. */
  @Override
  public void close() {
    if (!abandoned) {
      calls.add(END);
    }
  }
}

package busbar.machine.internal.model;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.swap.BoundedCall;
import busbar.machine.internal.model.Handover.Fresh;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * Calls of the models that take part in one exchange, each with a deadline. What returns after it
 * was given up is cleaned up then. Failures of any kind come as {@link VfioException}.
 */
final class ModelCalls implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ModelCalls.class.getName());
  private static final long RESUME_NANOS = 200_000_000;

  private final String device;
  private final BoundedCall calls;
  private final AtomicBoolean givenUp = new AtomicBoolean();
  private final AtomicBoolean returned = new AtomicBoolean();

  ModelCalls(String device, long nanos) {
    this.device = device;
    calls = new BoundedCall("busbar-swap " + device, nanos);
  }

  /** Whether an attempt was given up and hangs in the old model; also after {@link #close()}. */
  BooleanSupplier late() {
    AtomicBoolean begun = givenUp;
    AtomicBoolean ended = returned;
    return () -> begun.get() && !ended.get();
  }

  /** Makes a model. */
  DeviceModel create(String name, DeviceModelFactory factory, Leash leash) {
    AtomicReference<DeviceModel> made = new AtomicReference<>();
    try {
      call(
          calls,
          "making a " + name,
          () -> {
            made.set(factory.create(leash));
            if (made.get() == null) {
              throw Errno.EINVAL.because("the factory of %s made nothing", name);
            }
          },
          () -> closeQuietly(made.get()));
      return made.get();
    } catch (VfioException e) {
      leash.cut();
      throw e;
    }
  }

  /**
   * Does the part of an exchange that may hang in one of the models. If it fails, the new model is
   * closed and the old one goes on.
   *
   * @param fresh {@code null} if there is no new one
   */
  void attempt(Handover handover, Fresh fresh, Runnable step) {
    AtomicBoolean ended = new AtomicBoolean();
    try {
      call(
          calls,
          "exchanging the model of " + device,
          () -> {
            try {
              step.run();
            } finally {
              ended.set(true);
            }
          },
          () -> {
            if (handover.abandon()) {
              closeQuietly(fresh == null ? null : fresh.model());
            }
            if (handover.hangsInOld()) {
              handover.resumeOld(); // it may have saved after it was told to go on
            }
            returned.set(true);
          });
    } catch (VfioException e) {
      if (isUndone(handover, fresh, !ended.get())) {
        throw e;
      }
    }
  }

  /**
   * Either the attempt failed and has called itself off, or it hangs; then it may be that the new
   * model is in place and only a handler hangs that it has called.
   */
  private boolean isUndone(Handover handover, Fresh fresh, boolean hangs) {
    boolean interrupted = Thread.interrupted();
    boolean undone = handover.abandon();
    givenUp.set(hangs && handover.hangsInOld());
    if (undone && fresh != null) {
      fresh.leash().cut();
    }
    if (hangs) {
      resume(handover);
      handover.goOn();
    } else if (undone && fresh != null) {
      close(fresh.model());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return undone;
  }

  private void resume(Handover handover) {
    try (BoundedCall other = new BoundedCall("busbar-swap " + device, RESUME_NANOS)) {
      call(other, "resuming the model of " + device, handover::resumeOld, () -> {});
    } catch (VfioException e) {
      LOG.log(Level.WARNING, "a device goes on with a model that hangs", e);
    }
  }

  /** Closes a model. */
  void close(DeviceModel model) {
    try {
      call(calls, "closing a model of " + device, model::close, () -> {});
    } catch (VfioException e) {
      LOG.log(Level.WARNING, "a model is not closed", e);
    }
  }

  private void closeQuietly(DeviceModel model) {
    if (model != null) {
      try {
        model.close();
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a model of " + device + " failed while it was closed", e);
      }
    }
  }

  private static void call(BoundedCall calls, String what, Runnable step, Runnable late) {
    try {
      calls.call(
          what,
          () -> {
            step.run();
            return null;
          },
          late);
    } catch (IllegalStateException e) {
      throw new VfioException(Errno.EIO, e.getMessage(), e.getCause());
    }
  }

  @Override
  public void close() {
    calls.close();
  }
}

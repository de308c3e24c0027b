package busbar.model.edu;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.ModelContext;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Makes edu devices that fail in one way or another while they take over. */
final class Faulty implements DeviceModelFactory {
  /** What goes wrong. */
  enum Fault {
    CREATE_THROWS,
    CREATE_HANGS,
    RESTORE_REFUSES,
    RESTORE_THROWS_WHEN_IT_IS_DONE,
    RESTORE_HANGS,
    RESTORE_HANGS_WHEN_IT_IS_DONE
  }

  static final long HANG_MILLIS = Boolean.getBoolean("busbar.long") ? 3000 : 800;

  private final EduModelFactory real = EduInMachineTest.factory();
  private final Fault fault;

  Faulty(Fault fault) {
    this.fault = fault;
  }

  @Override
  public Set<String> models() {
    return real.models();
  }

  @Override
  public DeviceModel create(ModelContext context) {
    if (fault == Fault.CREATE_THROWS) {
      throw new IllegalStateException("expected by this test");
    }
    if (fault == Fault.CREATE_HANGS) {
      hang();
    }
    return new Model(real.create(context));
  }

  private static void hang() {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HANG_MILLIS);
    while (System.nanoTime() < end) {
      Thread.yield(); // an interrupt does not help
    }
  }

  private final class Model implements DeviceModel {
    private final DeviceModel inner;

    Model(DeviceModel inner) {
      this.inner = inner;
    }

    @Override
    public void restore(StateRecord state) {
      switch (fault) {
        case RESTORE_REFUSES -> throw Errno.EINVAL.because("expected by this test");
        case RESTORE_HANGS -> {
          hang();
          inner.restore(state);
        }
        case RESTORE_HANGS_WHEN_IT_IS_DONE -> {
          inner.restore(state);
          hang();
        }
        default -> {
          inner.restore(state);
          throw new IllegalStateException("expected by this test");
        }
      }
    }

    @Override
    public long read(int region, long offset, int width) {
      return inner.read(region, offset, width);
    }

    @Override
    public void write(int region, long offset, int width, long value) {
      inner.write(region, offset, width, value);
    }

    @Override
    public void reset() {
      inner.reset();
    }

    @Override
    public StateRecord save() {
      return inner.save();
    }

    @Override
    public void resume() {
      inner.resume();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}

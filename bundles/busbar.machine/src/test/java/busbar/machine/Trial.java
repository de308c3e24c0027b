package busbar.machine;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceModelFactory;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * A factory of one-register edu devices with a timer, and what a test makes them do at each step of
 * an exchange.
 */
final class Trial implements DeviceModelFactory {
  private static final Consumer<Model> NOTHING = model -> {};

  final List<Model> made = new CopyOnWriteArrayList<>();
  final int version;
  volatile Consumer<Model> onCreate = NOTHING;
  volatile Consumer<Model> onSave = NOTHING;
  volatile Consumer<Model> onRestore = NOTHING;
  volatile Consumer<Model> onRead = NOTHING;
  volatile Consumer<Model> onTimer = NOTHING;
  volatile MemorySegment memory;

  Trial() {
    this(1);
  }

  Trial(int version) {
    this.version = version;
  }

  @Override
  public Set<String> models() {
    return Set.of("edu");
  }

  @Override
  public int stateVersion(String model) {
    return version;
  }

  @Override
  public DeviceModel create(ModelContext context) {
    Model model = new Model(context);
    if (context.name().equals("0000:00:04.0")) {
      made.add(model);
      onCreate.accept(model);
    }
    return model;
  }

  /** The last one made for the device that tests look at. */
  Model last() {
    return made.getLast();
  }

  /** Waits, also when it is interrupted. */
  static void hang(CountDownLatch until) {
    while (true) {
      try {
        until.await();
        return;
      } catch (InterruptedException e) {
        // hangs all the same
      }
    }
  }

  /** One register, the same at all offsets. */
  final class Model implements DeviceModel {
    final ModelContext context;
    final DeviceTimer timer;
    volatile long value;
    volatile int saves;
    volatile int resumes;
    volatile boolean closed;

    Model(ModelContext context) {
      this.context = context;
      timer = new DeviceTimer(context.timing(), () -> onTimer.accept(this));
    }

    private void act(Consumer<Model> step) {
      if (context.name().equals("0000:00:04.0")) {
        step.accept(this);
      }
    }

    @Override
    public long read(int region, long offset, int width) {
      act(onRead);
      return value;
    }

    @Override
    public void write(int region, long offset, int width, long wanted) {
      value = wanted;
    }

    @Override
    public MemorySegment memory(int region) {
      return memory;
    }

    @Override
    public void reset() {
      timer.stop();
      value = 0;
    }

    @Override
    public StateRecord save() {
      saves++;
      timer.suspend();
      act(onSave);
      return new StateRecord(
          "trial", version, Map.of("value", value, "left", timer.remainingNanos()));
    }

    @Override
    public void restore(StateRecord state) {
      state.expect("trial", version);
      value = state.number("value");
      timer.takeOver(state.number("left"));
      act(onRestore);
    }

    @Override
    public void resume() {
      resumes++;
      timer.resume();
    }

    @Override
    public void close() {
      timer.stop();
      closed = true;
    }
  }
}

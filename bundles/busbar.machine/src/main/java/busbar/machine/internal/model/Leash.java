package busbar.machine.internal.model;

import busbar.api.time.Timing;
import busbar.machine.model.DmaPort;
import busbar.machine.model.ModelContext;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;

/**
 * What one model has of its device. While it is being made and restored nothing of it comes out:
 * lines, messages and timers are kept until it is in place. Once it was replaced nothing does any
 * more, whatever it still tries, so that no interrupt and no DMA happens twice.
 */
final class Leash implements ModelContext {
  private enum State {
    /** Not in place yet. */
    HELD,
    /** The model of the device. */
    LIVE,
    /** Replaced, given up or switched off. */
    CUT
  }

  private final ModelContext device;
  private final ModelGate gate;
  private final DmaPort port;
  private final Timing timing;
  private volatile State state = State.HELD;

  /** What it did while it was held, in order; {@code null} once it is in place or cut. */
  private List<Runnable> kept = new ArrayList<>();

  Leash(ModelContext device, ModelGate gate) {
    this.device = device;
    this.gate = gate;
    this.port = new Port(device.dma());
    this.timing = new HeldTiming(device.timing());
  }

  /** The model is in place: what it has done so far takes effect. Handlers may run in it. */
  void goLive() {
    List<Runnable> due;
    synchronized (this) {
      if (state != State.HELD) {
        return;
      }
      state = State.LIVE;
      due = kept;
      kept = null;
    }
    due.forEach(Runnable::run);
  }

  /** The model has no device any more. */
  synchronized void cut() {
    state = State.CUT;
    kept = null;
  }

  /** Does it now, later or never. */
  private void act(Runnable action) {
    if (state != State.LIVE) {
      synchronized (this) {
        if (state == State.HELD) {
          kept.add(() -> callOut(action));
        }
        if (state != State.LIVE) {
          return;
        }
      }
    }
    callOut(action);
  }

  private void callOut(Runnable action) {
    Object within = Callouts.begin(gate);
    try {
      action.run();
    } finally {
      Callouts.end(within);
    }
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public String model() {
    return device.model();
  }

  @Override
  public Map<String, Object> properties() {
    return device.properties();
  }

  @Override
  public long regionSize(int region) {
    return device.regionSize(region);
  }

  @Override
  public byte[] rom() {
    return device.rom();
  }

  @Override
  public int config(int offset, int width) {
    return device.config(offset, width);
  }

  @Override
  public void setConfig(int offset, int width, int value) {
    act(() -> device.setConfig(offset, width, value));
  }

  @Override
  public DmaPort dma() {
    return port;
  }

  @Override
  public void setLine(int line, Level level) {
    act(() -> device.setLine(line, level));
  }

  @Override
  public boolean message(int vector) {
    boolean enabled = device.messagesEnabled();
    act(() -> device.message(vector));
    return enabled;
  }

  @Override
  public boolean messagesEnabled() {
    return device.messagesEnabled();
  }

  @Override
  public Timing timing() {
    return timing;
  }

  @Override
  public ByteOrder boardByteOrder() {
    return device.boardByteOrder();
  }

  @Override
  public MemorySegment regionMemory(int region) {
    return device.regionMemory(region);
  }

  /** DMA of a model in place; of others it is refused, as of a device without bus mastering. */
  private final class Port implements DmaPort {
    private final DmaPort inner;

    Port(DmaPort inner) {
      this.inner = inner;
    }

    @Override
    public boolean read(long iova, MemorySegment target, long targetOffset, long length) {
      if (state != State.LIVE) {
        target.asSlice(targetOffset, length).fill((byte) 0xff);
        return false;
      }
      return inner.read(iova, target, targetOffset, length);
    }

    @Override
    public boolean write(long iova, MemorySegment source, long sourceOffset, long length) {
      return state == State.LIVE && inner.write(iova, source, sourceOffset, length);
    }
  }

  /** Time of a model: it stands still until the model is in place, and for one that was cut. */
  private final class HeldTiming implements Timing {
    private final Timing inner;

    HeldTiming(Timing inner) {
      this.inner = inner;
    }

    @Override
    public long nanoTime() {
      return inner.nanoTime();
    }

    @Override
    public long epochSeconds() {
      return inner.epochSeconds();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
      Runnable guarded =
          () -> {
            if (state == State.LIVE) {
              task.run();
            }
          };
      synchronized (Leash.this) {
        if (state == State.HELD) {
          HeldTimer timer = new HeldTimer(inner.nanoTime() + Math.max(0, delayNanos), guarded);
          kept.add(timer::start);
          return timer;
        }
      }
      return inner.schedule(delayNanos, guarded);
    }

    @Override
    public long await(Condition condition, long nanos) throws InterruptedException {
      return inner.await(condition, nanos);
    }

    /** A timer that was started before its model was in place. */
    private final class HeldTimer implements Timer {
      private final long due;
      private final Runnable task;
      private boolean cancelled;
      private Timer started;

      HeldTimer(long due, Runnable task) {
        this.due = due;
        this.task = task;
      }

      synchronized void start() {
        if (!cancelled) {
          started = inner.schedule(Math.max(0, due - inner.nanoTime()), task);
        }
      }

      @Override
      public synchronized boolean cancel() {
        boolean waiting = !cancelled && (started == null || started.cancel());
        cancelled = true;
        return waiting;
      }
    }
  }
}

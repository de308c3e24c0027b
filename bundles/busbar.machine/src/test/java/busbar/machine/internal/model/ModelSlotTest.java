package busbar.machine.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.state.StateRecord;
import busbar.api.time.SystemTiming;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.DeviceTimer;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ModelSlotTest {
  private final AtomicInteger accesses = new AtomicInteger();
  private final CountDownLatch taskRuns = new CountDownLatch(1);
  private ModelSlot slot;

  /** A device whose background work ends in an access to itself, as an interrupt handler's does. */
  private final class Busy implements DeviceModel {
    private final DeviceTimer timer;
    private volatile boolean closed;

    private Busy(SystemTiming timing) {
      timer = new DeviceTimer(timing, this::work);
    }

    private void work() {
      taskRuns.countDown();
      try {
        TimeUnit.MILLISECONDS.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      slot.enter();
      accesses.incrementAndGet();
      slot.exit();
    }

    @Override
    public long read(int region, long offset, int width) {
      return 0;
    }

    @Override
    public void write(int region, long offset, int width, long value) {}

    @Override
    public void reset() {}

    @Override
    public StateRecord save() {
      return new StateRecord("busy", 1, Map.of("left", timer.suspend()));
    }

    @Override
    public void restore(StateRecord state) {
      timer.takeOver(state.number("left"));
    }

    @Override
    public void resume() {
      timer.resume();
    }

    @Override
    public void close() {
      timer.stop();
      closed = true;
    }
  }

  @Test
  void anExchangeGivesWayToWorkThatNeedsAnAccessToEnd() throws InterruptedException {
    try (SystemTiming timing = new SystemTiming()) {
      Busy old = new Busy(timing);
      Busy successor = new Busy(timing);
      slot = new ModelSlot(old);
      old.timer.start(0);
      taskRuns.await();

      boolean exchanged = slot.exchange(() -> successor, ModelSlot.Carry.STATE);

      assertThat(exchanged).isTrue();
      assertThat(slot.model()).isSameAs(successor);
      assertThat(accesses).hasValue(1);
      assertThat(old.closed).isTrue();
    }
  }

  @Test
  void aModelThatIsRemovedMayStillHaveWorkThatNeedsAnAccess() throws InterruptedException {
    try (SystemTiming timing = new SystemTiming()) {
      Busy old = new Busy(timing);
      slot = new ModelSlot(old);
      old.timer.start(0);
      taskRuns.await();

      boolean exchanged = slot.exchange(PassiveModel::new, ModelSlot.Carry.NOTHING);

      assertThat(exchanged).isTrue();
      assertThat(old.closed).isTrue();
      assertThat(accesses).hasValue(1);
    }
  }
}

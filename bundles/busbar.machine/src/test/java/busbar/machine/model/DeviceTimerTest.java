package busbar.machine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.time.SystemTiming;
import busbar.api.time.VirtualTiming;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class DeviceTimerTest {
  private final VirtualTiming time = new VirtualTiming();
  private final AtomicInteger runs = new AtomicInteger();
  private final DeviceTimer timer = new DeviceTimer(time, runs::incrementAndGet);

  @Test
  void runsOnceAfterItsDelay() {
    timer.start(100);

    time.advance(99);
    assertThat(runs).hasValue(0);
    time.advance(1000);
    assertThat(runs).hasValue(1);
  }

  @Test
  void aSecondStartTakesThePlaceOfTheFirst() {
    timer.start(100);
    timer.start(200);

    time.advance(150);
    assertThat(runs).hasValue(0);
    time.advance(50);
    assertThat(runs).hasValue(1);
  }

  @Test
  void suspendKeepsTheTimeThatIsLeftAndResumeGoesOnWithIt() {
    timer.start(100);
    time.advance(40);

    assertThat(timer.suspend()).isEqualTo(60);
    time.advance(1000);
    assertThat(runs).hasValue(0);

    timer.resume();
    time.advance(59);
    assertThat(runs).hasValue(0);
    time.advance(1);
    assertThat(runs).hasValue(1);
  }

  @Test
  void aStartWhileSuspendedRunsAfterResume() {
    assertThat(timer.suspend()).isEqualTo(DeviceTimer.IDLE);
    timer.start(10);
    time.advance(100);
    assertThat(runs).hasValue(0);

    timer.resume();
    time.advance(10);
    assertThat(runs).hasValue(1);
  }

  @Test
  void suspendWaitsForTheTaskThatRuns() throws InterruptedException {
    try (SystemTiming real = new SystemTiming()) {
      CountDownLatch running = new CountDownLatch(1);
      AtomicBoolean ended = new AtomicBoolean();
      DeviceTimer slow =
          new DeviceTimer(
              real,
              () -> {
                running.countDown();
                try {
                  TimeUnit.MILLISECONDS.sleep(50);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                ended.set(true);
              });
      slow.start(0);
      running.await();

      assertThat(slow.suspend()).isEqualTo(DeviceTimer.IDLE);

      assertThat(ended).isTrue();
    }
  }

  @Test
  void suspendGivesUpOnATaskThatDoesNotEnd() throws InterruptedException {
    try (SystemTiming real = new SystemTiming()) {
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch mayEnd = new CountDownLatch(1);
      DeviceTimer stuck =
          new DeviceTimer(
              real,
              () -> {
                running.countDown();
                try {
                  mayEnd.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                runs.incrementAndGet();
              });
      stuck.start(0);
      running.await();

      assertThatThrownBy(stuck::suspend)
          .isInstanceOfSatisfying(
              VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));

      stuck.resume();
      mayEnd.countDown();
      stuck.stop();
      assertThat(runs).hasValue(1);
    }
  }

  @Test
  void aTaskMayStartItselfAgainAndIsSuspendedWithItsNewTime() {
    DeviceTimer[] periodic = new DeviceTimer[1];
    periodic[0] =
        new DeviceTimer(
            time,
            () -> {
              runs.incrementAndGet();
              periodic[0].start(10);
            });
    periodic[0].start(10);

    time.advance(35);

    assertThat(runs).hasValue(3);
    assertThat(periodic[0].suspend()).isEqualTo(5);
  }

  @Test
  void stopLeavesNothingBehind() {
    timer.start(10);
    timer.stop();

    time.advance(100);

    assertThat(runs).hasValue(0);
    assertThat(time.pending()).isEmpty();
  }
}

package busbar.machine.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.time.SystemTiming;
import busbar.api.time.Timing;
import busbar.api.time.VirtualTiming;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DeviceWorkTest {
  private final VirtualTiming time = new VirtualTiming();
  private final DeviceWork work = new DeviceWork(time);
  private final List<String> done = new ArrayList<>();

  @Test
  void workThatFallsDueWhileItIsHeldIsDoneOnceAfterIt() {
    work.schedule(10, () -> done.add("a"));
    work.schedule(20, () -> done.add("b"));
    work.schedule(1000, () -> done.add("late"));
    assertThat(work.hold(0)).isTrue();
    time.advance(100);
    assertThat(done).isEmpty();
    work.release();
    time.advance(1);
    assertThat(done).containsExactly("a", "b");
    time.advance(1000);
    assertThat(done).containsExactly("a", "b", "late");
  }

  @Test
  void workThatWaitsCanBeCalledOff() {
    Timing.Timer timer = work.schedule(10, () -> done.add("a"));
    work.hold(0);
    time.advance(100);
    assertThat(timer.cancel()).isTrue();
    work.release();
    time.advance(100);
    assertThat(done).isEmpty();
    assertThat(timer.cancel()).as("a second time").isFalse();
  }

  @Test
  void workThatIsDoneCannot() {
    Timing.Timer timer = work.schedule(10, () -> done.add("a"));
    time.advance(10);
    assertThat(timer.cancel()).isFalse();
  }

  @Test
  void holdingWaitsForWorkUnderWayAndGivesUpInTime() throws InterruptedException {
    try (SystemTiming real = new SystemTiming()) {
      DeviceWork busy = new DeviceWork(real);
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch end = new CountDownLatch(1);
      busy.schedule(
          0,
          () -> {
            begun.countDown();
            try {
              end.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      begun.await();
      assertThat(busy.hold(TimeUnit.MILLISECONDS.toNanos(20))).isFalse();
      CountDownLatch other = new CountDownLatch(1);
      busy.schedule(0, other::countDown);
      other.await(); // nothing is held after a hold that failed
      end.countDown();
      assertThat(busy.hold(TimeUnit.SECONDS.toNanos(10))).isTrue();
    }
  }
}

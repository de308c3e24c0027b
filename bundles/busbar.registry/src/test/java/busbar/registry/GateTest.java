package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class GateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Gate gate = new Gate();

  @Test
  void aPauseWaitsForThoseInsideAndHoldsTheOthersUntilItEnds() throws Exception {
    int mine = gate.enter();
    List<String> order = new ArrayList<>();
    CountDownLatch closing = new CountDownLatch(1);
    Thread closer =
        Thread.ofPlatform()
            .start(
                () -> {
                  closing.countDown();
                  assertThat(gate.pause(10 * SECOND)).isTrue();
                  synchronized (order) {
                    order.add("alone");
                  }
                  gate.resume();
                });
    closing.await();
    Thread.sleep(20);
    assertThat(order).isEmpty();
    Thread late =
        Thread.ofPlatform()
            .start(
                () -> {
                  int at = gate.enter();
                  synchronized (order) {
                    order.add("late");
                  }
                  gate.exit(at);
                });
    Thread.sleep(20);
    synchronized (order) {
      order.add("leaving");
    }
    gate.exit(mine);
    closer.join();
    late.join();
    assertThat(order).containsExactly("leaving", "alone", "late");
  }

  @Test
  void aPauseGivesUpAtItsDeadlineAndTheGateIsOpenAgain() throws Exception {
    Thread inside = Thread.ofPlatform().start(gate::enter);
    inside.join();
    assertThat(gate.pause(5_000_000)).isFalse();
    gate.exit(gate.enter());
  }

  @Test
  void theActionOfAnEndRunsAtOnceIfNobodyIsInside() {
    AtomicInteger ran = new AtomicInteger();
    gate.end(() -> Errno.EBADF.because("closed"), ran::incrementAndGet);
    assertThat(ran).hasValue(1);
    assertThat(gate.hasEnded()).isTrue();
    assertThat(Rig.errno(gate::enter)).isEqualTo(Errno.EBADF);
  }

  @Test
  void theActionOfAnEndRunsOnceWithTheLastToLeave() throws Exception {
    AtomicInteger ran = new AtomicInteger();
    int mine = gate.enter();
    CountDownLatch in = new CountDownLatch(1);
    CountDownLatch out = new CountDownLatch(1);
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  int at = gate.enter();
                  in.countDown();
                  try {
                    out.await();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                  gate.exit(at);
                });
    in.await();
    gate.end(() -> Errno.ENODEV.because("gone"), ran::incrementAndGet);
    assertThat(gate.awaitEnd(1_000_000)).isFalse();
    gate.exit(mine);
    assertThat(ran).hasValue(0);
    out.countDown();
    other.join();
    assertThat(ran).hasValue(1);
    assertThat(gate.awaitEnd(0)).isTrue();
  }

  @Test
  void aSecondEndKeepsTheRefusalAndRunsBothActions() {
    List<String> ran = new ArrayList<>();
    int mine = gate.enter();
    gate.end(() -> Errno.ENODEV.because("gone"), () -> ran.add("first"));
    gate.end(() -> Errno.EBADF.because("closed"), () -> ran.add("second"));
    gate.exit(mine);
    assertThat(ran).containsExactly("first", "second");
    gate.end(() -> Errno.EBADF.because("closed"), () -> ran.add("third"));
    assertThat(ran).containsExactly("first", "second", "third");
    assertThat(Rig.errno(gate::enter)).isEqualTo(Errno.ENODEV);
  }

  @Test
  void whoWaitsForAPauseIsRefusedIfThePauseEndsTheGate() throws Exception {
    assertThat(gate.pause(SECOND)).isTrue();
    AtomicBoolean refused = new AtomicBoolean();
    Thread waiter =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    gate.enter();
                  } catch (VfioException e) {
                    refused.set(e.errno() == Errno.ENODEV);
                  }
                });
    while (waiter.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    gate.end(() -> Errno.ENODEV.because("gone"), () -> {});
    gate.resume();
    waiter.join();
    assertThat(refused).isTrue();
    assertThat(gate.pause(SECOND)).isFalse();
  }

  @Test
  void anInterruptedWaiterGetsEintrAndStaysInterrupted() throws Exception {
    assertThat(gate.pause(SECOND)).isTrue();
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread waiter =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    gate.enter();
                  } catch (VfioException e) {
                    interrupted.set(e.errno() == Errno.EINTR && Thread.interrupted());
                  }
                });
    waiter.interrupt();
    waiter.join();
    gate.resume();
    assertThat(interrupted).isTrue();
    gate.exit(gate.enter());
    assertThat(gate.pause(SECOND)).isTrue();
    gate.resume();
  }

  @Test
  void aCallbackOfAnOperationPassesAlthoughAPauseWaitsForTheOperation() throws Exception {
    int mine = gate.enter();
    AtomicBoolean paused = new AtomicBoolean();
    Thread closer =
        Thread.ofPlatform()
            .start(
                () -> {
                  paused.set(gate.pause(10 * SECOND));
                  gate.resume();
                });
    while (closer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    gate.nested(() -> gate.exit(gate.enter()));
    assertThat(paused).isFalse();
    gate.exit(mine);
    closer.join();
    assertThat(paused).isTrue();
  }

  @Test
  void noOperationEverSeesTheMiddleOfASwap() throws Exception {
    long[] pair = new long[2];
    AtomicLong operations = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicBoolean torn = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      int at = gate.enter();
                      if (pair[0] != pair[1]) {
                        torn.set(true);
                      }
                      gate.exit(at);
                      operations.incrementAndGet();
                    }
                  }));
    }
    long end = System.nanoTime() + SECOND / 2;
    int swaps = 0;
    while (System.nanoTime() < end) {
      assertThat(gate.pause(10 * SECOND)).isTrue();
      pair[0]++;
      Thread.onSpinWait();
      pair[1]++;
      gate.resume();
      swaps++;
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(torn).isFalse();
    assertThat(swaps).isPositive();
    assertThat(operations.get()).isPositive();
  }

  @Test
  void aFailingActionOfAnEndIsNotTheProblemOfWhoLeaves() {
    int mine = gate.enter();
    gate.end(
        () -> Errno.EBADF.because("closed"),
        () -> {
          throw new IllegalStateException("expected by this test");
        });
    gate.exit(mine);
    assertThat(gate.awaitEnd(0)).isTrue();
    assertThatThrownBy(gate::enter).isInstanceOf(VfioException.class);
  }

  @Test
  void whoEndsAPausedGateDoesNotWaitAndTheActionRunsAtTheResume() {
    List<String> ran = new ArrayList<>();
    assertThat(gate.pause(SECOND)).isTrue();
    gate.end(() -> Errno.EBADF.because("closed"), () -> ran.add("closed"));
    gate.end(() -> Errno.ENODEV.because("gone"), () -> ran.add("gone"));
    assertThat(ran).isEmpty();
    assertThat(Rig.errno(gate::enter)).isEqualTo(Errno.EBADF);
    gate.resume();
    assertThat(ran).containsExactly("closed", "gone");
  }

  @Test
  void whoWaitsForAPauseIsRefusedAsSoonAsTheGateEndsAlthoughThePauseGoesOn() throws Exception {
    assertThat(gate.pause(SECOND)).isTrue();
    AtomicBoolean refused = new AtomicBoolean();
    Thread waiter =
        Thread.ofPlatform().start(() -> refused.set(Rig.errno(gate::enter) == Errno.ENODEV));
    while (waiter.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    gate.end(() -> Errno.ENODEV.because("gone"), () -> {});
    waiter.join();
    assertThat(refused).isTrue();
    gate.resume();
  }

  @Test
  void anEndWhileAPauseWaitsForThoseInsideCallsThePauseOff() throws Exception {
    int mine = gate.enter();
    AtomicBoolean paused = new AtomicBoolean(true);
    AtomicInteger ran = new AtomicInteger();
    Thread closer = Thread.ofPlatform().start(() -> paused.set(gate.pause(10 * SECOND)));
    while (closer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    gate.end(() -> Errno.ENODEV.because("gone"), ran::incrementAndGet);
    closer.join();
    assertThat(paused).isFalse();
    assertThat(ran).hasValue(0);
    gate.exit(mine);
    assertThat(ran).hasValue(1);
  }

  @Test
  void aPauseIsEndedByAnotherThreadThanTheOneThatBeganIt() throws Exception {
    assertThat(gate.pause(SECOND)).isTrue();
    assertThat(gate.pause(1_000_000)).as("a second one meanwhile").isFalse();
    Thread.ofPlatform().start(gate::resume).join();
    gate.exit(gate.enter());
    assertThat(gate.pause(SECOND)).isTrue();
    gate.resume();
  }
}

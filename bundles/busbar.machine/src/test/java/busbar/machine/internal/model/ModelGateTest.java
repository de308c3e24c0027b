package busbar.machine.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ModelGateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final ModelGate gate = new ModelGate();

  @Test
  void whoIsInsideIsWaitedForAndWhoComesWaits() throws Exception {
    int mine = gate.enter();
    AtomicBoolean quiet = new AtomicBoolean();
    Thread closer =
        Thread.ofPlatform()
            .start(
                () -> {
                  gate.close();
                  quiet.set(gate.awaitQuiet(10 * SECOND));
                });
    while (closer.getState() != Thread.State.TIMED_WAITING) {
      Thread.sleep(1);
    }
    assertThat(gate.tryEnter()).isEqualTo(ModelGate.CLOSED);
    assertThat(quiet).isFalse();
    gate.exit(mine);
    closer.join();
    assertThat(quiet).isTrue();
    Thread late = Thread.ofPlatform().start(() -> gate.exit(gate.enter()));
    while (late.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
    gate.open();
    late.join();
  }

  @Test
  void whoDoesNotLeaveInTimeIsTold() throws Exception {
    Thread.ofPlatform().start(gate::enter).join();
    gate.close();
    assertThat(gate.awaitQuiet(1_000_000)).isFalse();
    gate.open();
    gate.exit(gate.enter());
  }

  @Test
  void whoWasCalledByTheModelPassesAClosedGate() {
    gate.close();
    assertThat(gate.awaitQuiet(SECOND)).isTrue();
    Object within = Callouts.begin(gate);
    gate.exit(gate.enter());
    Callouts.end(within);
    assertThat(gate.tryEnter()).isEqualTo(ModelGate.CLOSED);
    Object other = Callouts.begin(new ModelGate());
    assertThat(gate.tryEnter()).isEqualTo(ModelGate.CLOSED);
    Callouts.end(other);
  }

  @Test
  void whatTheHostSetsOffWaitsAsEverybodyDoes() {
    gate.close();
    Object byHost = Callouts.beginHost();
    Object message = Callouts.beginHardware(gate);
    assertThat(gate.tryEnter()).isEqualTo(ModelGate.CLOSED);
    Callouts.end(message);
    Callouts.end(byHost);
    Object byModel = Callouts.begin(gate);
    byHost = Callouts.beginHost();
    message = Callouts.beginHardware(gate);
    gate.exit(gate.tryEnter());
    Callouts.end(message);
    Callouts.end(byHost);
    Callouts.end(byModel);
    assertThat(gate.tryEnter()).isEqualTo(ModelGate.CLOSED);
  }

  @Test
  void nobodyEverSeesTheMiddleOfAnExchange() throws Exception {
    long[] pair = new long[2];
    AtomicBoolean stop = new AtomicBoolean();
    AtomicBoolean torn = new AtomicBoolean();
    AtomicLong accesses = new AtomicLong();
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
                      accesses.incrementAndGet();
                    }
                  }));
    }
    long end = System.nanoTime() + SECOND / 2;
    long exchanges = 0;
    while (System.nanoTime() < end) {
      gate.close();
      assertThat(gate.awaitQuiet(10 * SECOND)).isTrue();
      pair[0]++;
      Thread.onSpinWait();
      pair[1]++;
      gate.open();
      exchanges++;
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(torn).isFalse();
    assertThat(pair).containsExactly(exchanges, exchanges);
    assertThat(accesses.get()).isPositive();
  }
}

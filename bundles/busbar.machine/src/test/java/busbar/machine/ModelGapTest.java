package busbar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.machine.model.ModelContext.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens between a model and its successor, when its factory has gone. */
@Timeout(20)
class ModelGapTest {
  private static final long GRACE_NANOS = 10_000_000_000L;
  private static final long ONES = 0xffff_ffffL;

  private final SwapRig rig = new SwapRig();
  private final List<String> vanished = new CopyOnWriteArrayList<>();
  private final List<String> added = new CopyOnWriteArrayList<>();
  private final AtomicLong seen = new AtomicLong(-2);

  private final class Watcher implements BusListener {
    @Override
    public void added(BusDevice device) {
      added.add(device.name());
    }

    @Override
    public void removing(BusDevice device) {}

    @Override
    public void vanished(BusDevice device) {
      vanished.add(device.name());
    }
  }

  private void watchTheBus() {
    rig.machine.buses().getFirst().addListener(new Watcher());
    added.clear();
  }

  private Thread readWhileNobodyIsThere() throws InterruptedException {
    Thread reader = Thread.ofPlatform().start(() -> seen.set(rig.value()));
    Rig.awaitWaiting(reader);
    assertThat(seen).hasValue(-2);
    return reader;
  }

  @AfterEach
  void switchOff() {
    rig.close();
  }

  @Test
  void aSuccessorThatRefusesIsFollowedByOneThatDoesNot() throws Exception {
    rig.machine.removeModels(rig.old);
    Thread reader = readWhileNobodyIsThere();
    Trial bad = new Trial();
    bad.onRestore =
        model -> {
          throw Errno.EINVAL.because("expected by this test");
        };
    rig.machine.addModels(bad);
    assertThat(rig.lastRecord().result()).isEqualTo(Result.WAITING);
    assertThat(bad.last().closed).isTrue();
    assertThat(seen).hasValue(-2);
    rig.machine.addModels(rig.next);
    reader.join();
    assertThat(seen).hasValue(5);
    assertThat(bad.made).hasSize(1);
    assertThat(rig.records())
        .extracting(SwapRecord::result)
        .containsExactly(Result.WAITING, Result.DONE);
  }

  @Test
  void aSuccessorThatHangsIsFollowedByOneThatDoesNot() throws Exception {
    rig.machine.removeModels(rig.old);
    CountDownLatch go = new CountDownLatch(1);
    Trial bad = new Trial();
    bad.onRestore = model -> Trial.hang(go);
    rig.impatient();
    rig.machine.addModels(bad);
    assertThat(rig.lastRecord().result()).isEqualTo(Result.WAITING);
    rig.patient();
    rig.machine.addModels(rig.next);
    assertThat(rig.value()).isEqualTo(5);
    go.countDown();
    while (!bad.last().closed) {
      Thread.sleep(1);
    }
    assertThat(rig.value()).isEqualTo(5);
    assertThat(rig.next.last().closed).isFalse();
  }

  @Test
  void ofSeveralThatCouldFollowTheNextOneIsAskedIfTheFirstRefuses() {
    Trial bad = new Trial();
    bad.onRestore =
        model -> {
          throw Errno.EINVAL.because("expected by this test");
        };
    rig.machine.addModels(bad, 5);
    rig.machine.addModels(rig.next);
    rig.machine.removeModels(rig.old);
    assertThat(rig.value()).isEqualTo(5);
    assertThat(rig.next.last().value).isEqualTo(5);
    assertThat(rig.records())
        .extracting(SwapRecord::result)
        .containsExactly(Result.WAITING, Result.DONE);
  }

  @Test
  void aLineStaysHighWhileNobodyIsThere() {
    rig.countInterrupts();
    rig.edu.writeConfig(4, 2, 0x402);
    rig.old.last().context.setLine(0, Level.HIGH);
    rig.machine.removeModels(rig.old);
    assertThat(rig.edu.readConfig(6, 2) & 8).isEqualTo(8);
    rig.next.onRestore = model -> model.context.setLine(0, Level.HIGH);
    rig.machine.addModels(rig.next);
    assertThat(rig.interrupts).hasValue(0);
    rig.edu.writeConfig(4, 2, 2);
    assertThat(rig.interrupts).hasValue(1);
  }

  @Test
  void withoutASuccessorTheDeviceVanishesAndWhoWaitsReadsOnes() throws Exception {
    watchTheBus();
    rig.machine.removeModels(rig.old);
    Thread reader = readWhileNobodyIsThere();
    rig.rig.timing.advance(GRACE_NANOS - 1);
    assertThat(vanished).isEmpty();
    rig.rig.timing.advance(1);
    reader.join();
    assertThat(seen).hasValue(ONES);
    assertThat(vanished).contains(SwapRig.EDU);
    assertThat(rig.machine.slots()).isEmpty();
    assertThat(rig.lastRecord().result()).isEqualTo(Result.LOST);
    assertThat(rig.lastRecord().way()).isEqualTo(Way.UPDATE);
    rig.machine.addModels(rig.next);
    assertThat(added).containsExactlyInAnyOrderElementsOf(vanished);
    assertThat(rig.machine.slots()).hasSize(3);
  }

  @Test
  void whoComesBackWithAFactoryThatCannotMakeItStaysAway() {
    rig.settings(0, SwapPolicy.MANUAL);
    rig.machine.removeModels(rig.old);
    watchTheBus();
    rig.next.onCreate =
        model -> {
          throw Errno.EINVAL.because("expected by this test");
        };
    rig.machine.addModels(rig.next);
    assertThat(added).doesNotContain(SwapRig.EDU).hasSize(2);
    rig.machine.addModels(new Trial());
    assertThat(added).contains(SwapRig.EDU);
  }

  @Test
  void withoutGraceTheDeviceVanishesAtOnce() {
    watchTheBus();
    rig.settings(0, SwapPolicy.MANUAL);
    rig.machine.removeModels(rig.old);
    assertThat(vanished).contains(SwapRig.EDU);
    assertThat(rig.old.last().closed).isTrue();
    assertThat(rig.lastRecord().result()).isEqualTo(Result.LOST);
  }

  @Test
  void aModelWhoseStateCannotBeSavedIsLost() throws Exception {
    watchTheBus();
    CountDownLatch go = new CountDownLatch(1);
    rig.old.onSave = model -> Trial.hang(go);
    rig.impatient();
    rig.machine.removeModels(rig.old);
    assertThat(vanished).contains(SwapRig.EDU);
    assertThat(rig.lastRecord().result()).isEqualTo(Result.LOST);
    assertThat(rig.value()).isEqualTo(ONES);
    go.countDown();
  }

  @Test
  void whenTheMachineGoesOffNobodyWaitsAnyLonger() throws Exception {
    rig.machine.removeModels(rig.old);
    Thread reader = readWhileNobodyIsThere();
    rig.machine.close();
    reader.join();
    assertThat(seen).hasValue(ONES);
    rig.machine.addModels(rig.next);
    assertThat(rig.next.made).isEmpty();
  }

  @Test
  void whenTheFrameworkStopsNobodyWaitsAndNoStateIsSaved() throws Exception {
    rig.machine.stopWaiting();
    rig.machine.removeModels(rig.old);
    assertThat(rig.old.last().saves).isZero();
    assertThat(rig.old.last().closed).isTrue();
    assertThat(rig.value()).isEqualTo(ONES);
  }

  @Test
  void whenTheFrameworkStopsWhileAccessesWaitTheyEnd() throws Exception {
    rig.machine.removeModels(rig.old);
    Thread reader = readWhileNobodyIsThere();
    rig.machine.stopWaiting();
    reader.join();
    assertThat(seen).hasValue(ONES);
  }

  @Test
  void anInterruptedThreadWaitsOnAndStaysInterrupted() throws Exception {
    rig.machine.removeModels(rig.old);
    boolean[] interrupted = new boolean[1];
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  seen.set(rig.value());
                  interrupted[0] = Thread.interrupted();
                });
    Rig.awaitWaiting(reader);
    reader.interrupt();
    Thread.sleep(20);
    assertThat(seen).hasValue(-2);
    rig.machine.addModels(rig.next);
    reader.join();
    assertThat(seen).hasValue(5);
    assertThat(interrupted[0]).isTrue();
  }
}

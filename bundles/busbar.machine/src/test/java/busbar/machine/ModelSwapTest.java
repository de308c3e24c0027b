package busbar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Phase;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import java.lang.foreign.Arena;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ModelSwapTest {
  private final SwapRig rig = new SwapRig();

  @AfterEach
  void switchOff() {
    rig.close();
  }

  @Test
  void onlyDevicesWithAModelAreSlots() {
    rig.machine.addModels(rig.next);
    assertThat(rig.machine.slots())
        .extracting(Slot::target)
        .containsExactly(SwapRig.EDU, "0000:01:00.0", "0000:03:01.0");
    Slot slot = rig.machine.slots().getFirst();
    assertThat(slot.kind()).isEqualTo("model");
    assertThat(slot.current()).isEqualTo(Candidate.plain("edu"));
    assertThat(slot.others()).containsExactly(Candidate.plain("edu"));
    assertThat(slot.inUse()).isFalse();
    rig.edu.writeConfig(4, 2, 6);
    assertThat(rig.machine.slots().getFirst().inUse()).isTrue();
  }

  @Test
  void aSwapCarriesTheStateAndTellsWhatItDid() {
    rig.machine.addModels(rig.next);
    SwapRecord record = rig.swap();
    assertThat(rig.value()).isEqualTo(5);
    assertThat(rig.next.last().value).isEqualTo(5);
    assertThat(rig.old.last().closed).isTrue();
    assertThat(record).isEqualTo(rig.lastRecord());
    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(record.way()).isEqualTo(Way.SIDE_BY_SIDE);
    assertThat(record.undo()).isEqualTo("vfio:swap 0000:00:04.0 edu");
    assertThat(record.phases())
        .extracting(Phase::name)
        .containsExactly("create", "drain", "save", "restore", "switch");
    assertThat(record.pauseNanos()).isPositive();
    assertThat(rig.swap().result()).isEqualTo(Result.DONE);
    assertThat(rig.old.made).hasSize(2);
  }

  @Test
  void aPlanTouchesNothing() {
    rig.machine.addModels(rig.next);
    SwapPlan plan = rig.machine.plan(SwapRig.EDU, SwapRig.ANOTHER);
    assertThat(plan.possible()).isTrue();
    assertThat(plan.places()).containsExactly(SwapRig.EDU);
    assertThat(rig.next.made).isEmpty();
    assertThat(rig.old.last().saves).isZero();
  }

  @Test
  void aPlanTellsThatTheStateIsTooNew() {
    rig.machine.addModels(new Trial(2), 1);
    rig.machine.removeModels(rig.old);
    rig.machine.addModels(rig.next);
    SwapPlan plan = rig.machine.plan(SwapRig.EDU, SwapRig.ANOTHER);
    assertThat(plan.possible()).isFalse();
    assertThat(plan.because()).isEqualTo("the new model takes states up to version 1");
  }

  @Test
  void whoIsNotThereCannotBePlanned() {
    assertThatThrownBy(() -> rig.machine.plan("0000:00:04.0", Candidate.plain("nobody")))
        .hasFieldOrPropertyWithValue("errno", Errno.ENOENT);
    assertThatThrownBy(() -> rig.machine.plan("0000:00:04.0", SwapRig.ANOTHER))
        .hasFieldOrPropertyWithValue("errno", Errno.EINVAL);
    assertThatThrownBy(() -> rig.machine.plan("0000:00:1f.0", SwapRig.ANOTHER))
        .hasFieldOrPropertyWithValue("errno", Errno.ENODEV);
  }

  @Test
  void aTimerUnderWayGoesOnInTheNewModelAndRunsOnce() {
    rig.machine.addModels(rig.next);
    int[] runs = new int[2];
    rig.old.onTimer = model -> runs[0]++;
    rig.next.onTimer = model -> runs[1]++;
    rig.old.last().timer.start(1000);
    rig.rig.timing.advance(400);
    rig.swap();
    rig.rig.timing.advance(599);
    assertThat(runs).containsExactly(0, 0);
    rig.rig.timing.advance(1);
    assertThat(runs).containsExactly(0, 1);
  }

  @Test
  void policyAlwaysExchangesAtOnceForWhoIsBetterAndForNobodyElse() {
    rig.settings(10_000, SwapPolicy.ALWAYS);
    rig.machine.addModels(new Trial());
    assertThat(rig.records()).isEmpty();
    rig.machine.addModels(rig.next, 1);
    assertThat(rig.next.last().value).isEqualTo(5);
    assertThat(rig.lastRecord().way()).isEqualTo(Way.POLICY);
    assertThat(rig.lastRecord().who()).isEqualTo("policy always");
  }

  @Test
  void policyOnIdleWaitsUntilNoDriverUsesTheDevice() {
    rig.settings(10_000, SwapPolicy.ON_IDLE);
    rig.edu.claimBar(0, "test");
    rig.machine.addModels(rig.next, 1);
    rig.rig.timing.advance(5_000_000_000L);
    assertThat(rig.next.made).isEmpty();
    rig.edu.releaseBar(0);
    rig.rig.timing.advance(1_000_000_000L);
    assertThat(rig.next.last().value).isEqualTo(5);
    assertThat(rig.lastRecord().who()).isEqualTo("policy on-idle");
  }

  @Test
  void aPolicyThatComesLaterFindsWhoIsBetter() {
    rig.machine.addModels(rig.next, 1);
    assertThat(rig.next.made).isEmpty();
    rig.settings(10_000, SwapPolicy.ALWAYS);
    assertThat(rig.next.last().value).isEqualTo(5);
  }

  @Test
  void anUpdateIsOneRecordWithTheTimeThatWasWaited() {
    rig.machine.removeModels(rig.old);
    rig.machine.addModels(rig.next);
    assertThat(rig.value()).isEqualTo(5);
    assertThat(rig.records()).hasSize(1);
    assertThat(rig.lastRecord().way()).isEqualTo(Way.UPDATE);
    assertThat(rig.lastRecord().result()).isEqualTo(Result.DONE);
    assertThat(rig.lastRecord().phases())
        .extracting(Phase::name)
        .containsExactly("drain", "save", "wait", "create", "restore", "switch");
  }

  @Test
  void anAccessUnderWayEndsInTheModelInWhichItBegan() throws Exception {
    rig.machine.addModels(rig.next);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    rig.old.onRead =
        model -> {
          inside.countDown();
          Trial.hang(go);
          model.value = 7;
        };
    Thread reader = Thread.ofPlatform().start(rig::value);
    inside.await();
    Thread operator = Thread.ofPlatform().start(rig::swap);
    Rig.awaitWaiting(operator);
    go.countDown();
    operator.join();
    reader.join();
    assertThat(rig.lastRecord().result()).isEqualTo(Result.DONE);
    assertThat(rig.next.last().value).isEqualTo(7);
  }

  @Test
  void aHandlerThatTheModelsOwnWorkCallsReadsARegisterWhileTheModelSaves() throws Exception {
    rig.machine.addModels(rig.next);
    rig.countInterrupts();
    CountDownLatch working = new CountDownLatch(1);
    rig.old.onTimer =
        model -> {
          working.countDown();
          while (model.saves == 0) {
            Thread.onSpinWait();
          }
          model.context.setLine(0, busbar.machine.model.ModelContext.Level.HIGH);
        };
    rig.old.last().timer.start(10);
    Thread time = Thread.ofPlatform().start(() -> rig.rig.timing.advance(10));
    working.await();
    SwapRecord record = rig.swap();
    time.join();
    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(rig.interrupts).hasValue(1);
    assertThat(rig.old.last().saves).isEqualTo(1);
  }

  @Test
  void aModelThatShowsTheSameMemoryTakesOverAndOneThatShowsOtherIsRefused() {
    try (Arena arena = Arena.ofShared()) {
      rig.old.memory = arena.allocate(4096, 4096);
      assertThat(rig.edu.bar(0).memory()).isSameAs(rig.old.memory);
      rig.machine.addModels(rig.next);
      rig.next.memory = arena.allocate(4096, 4096);
      rig.swapFails(Errno.EINVAL);
      rig.assertThatTheOldOneGoesOn();
      rig.next.memory = rig.old.memory;
      assertThat(rig.swap().result()).isEqualTo(Result.DONE);
    }
  }
}

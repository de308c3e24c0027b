package busbar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapSettings;
import busbar.machine.model.ModelContext.Level;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong while both models are there: the old one goes on. */
@Timeout(20)
class ModelSwapFailureTest {
  private static final SwapSettings BUSY = new SwapSettings(10_000, 1000, SwapPolicy.MANUAL);

  private final SwapRig rig = new SwapRig();
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  @BeforeEach
  void aSecondFactory() {
    rig.machine.addModels(rig.next);
  }

  @AfterEach
  void switchOff() {
    go.countDown();
    rig.close();
  }

  private void hangHere(Trial.Model model) {
    inside.countDown();
    Trial.hang(go);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(1);
    }
  }

  @Test
  void aFactoryThatThrowsLeavesTheOldModelInPlace() {
    rig.next.onCreate =
        model -> {
          throw new IllegalStateException("expected by this test");
        };
    assertThat(rig.swapFails(Errno.EIO).because()).contains("expected by this test");
    rig.assertThatTheOldOneGoesOn();
    assertThat(rig.old.last().saves).isZero();
  }

  @Test
  void nothingThatAModelDidInAFailedRestoreTakesEffect() {
    rig.countInterrupts();
    rig.next.onRestore =
        model -> {
          model.context.setLine(0, Level.HIGH);
          model.context.message(0);
          model.context.setConfig(6, 2, 0xffff);
          model.timer.start(0);
          throw new NoClassDefFoundError("expected by this test");
        };
    AtomicInteger runs = new AtomicInteger();
    rig.next.onTimer = model -> runs.incrementAndGet();
    int status = rig.edu.readConfig(6, 2);
    rig.swapFails(Errno.EIO);
    rig.rig.timing.advance(1000);
    rig.assertThatTheOldOneGoesOn();
    assertThat(rig.interrupts).hasValue(0);
    assertThat(runs).hasValue(0);
    assertThat(rig.edu.readConfig(6, 2)).isEqualTo(status);
    assertThat(rig.old.last().resumes).isEqualTo(1);
    assertThat(rig.next.last().closed).isTrue();
  }

  @Test
  void aStateOfANewerSchemaIsRefused() {
    Trial newer = new Trial(2);
    rig.machine.removeModels(rig.next);
    rig.machine.addModels(newer);
    assertThat(rig.swap().result()).isEqualTo(Result.DONE);
    rig.swapFails(Errno.EINVAL);
    assertThat(rig.lastRecord().result()).isEqualTo(Result.KEPT);
    assertThat(newer.last().closed).isFalse();
    assertThat(newer.last().resumes).isEqualTo(1);
    assertThat(rig.value()).isEqualTo(5);
  }

  @Test
  void aFactoryThatHangsIsGivenUpAndItsLateModelIsClosed() throws Exception {
    rig.next.onCreate = this::hangHere;
    rig.impatient();
    rig.swapFails(Errno.ETIMEDOUT);
    rig.assertThatTheOldOneGoesOn();
    assertThat(rig.next.last().closed).isFalse();
    go.countDown();
    // the factory never gave it to anybody: it is the caller who closes what came late
    await(() -> rig.next.last().closed);
    rig.patient();
    assertThat(rig.swap().result()).isEqualTo(Result.DONE);
  }

  @Test
  void aRestoreThatHangsIsGivenUpAndWhatItDoesLateHasNoEffect() throws Exception {
    rig.countInterrupts();
    rig.next.onRestore =
        model -> {
          hangHere(model);
          model.context.setLine(0, Level.HIGH);
          model.timer.start(0);
        };
    AtomicInteger runs = new AtomicInteger();
    rig.next.onTimer = model -> runs.incrementAndGet();
    rig.impatient();
    rig.swapFails(Errno.ETIMEDOUT);
    rig.assertThatTheOldOneGoesOn();
    assertThat(rig.old.last().resumes).isEqualTo(1);
    Trial.Model late = rig.next.last();
    rig.next.onRestore = model -> {};
    rig.patient();
    assertThat(rig.swap().result()).isEqualTo(Result.DONE); // the old one has nothing to do with it
    go.countDown();
    await(() -> late.closed);
    rig.rig.timing.advance(1000);
    assertThat(rig.interrupts).hasValue(0);
    assertThat(runs).hasValue(0);
    assertThat(rig.old.last().resumes).isEqualTo(1);
    assertThat(rig.value()).isEqualTo(6);
  }

  @Test
  void aRestoreThatReturnsWhenItIsInterruptedIsTooLate() throws Exception {
    rig.next.onRestore =
        model -> {
          try {
            Thread.sleep(60_000);
          } catch (InterruptedException e) {
            // as if nothing had been
          }
        };
    rig.impatient();
    for (int i = 0; i < 5; i++) {
      rig.swapFails(Errno.ETIMEDOUT);
      await(() -> rig.next.last().closed);
    }
    rig.assertThatTheOldOneGoesOn();
  }

  @Test
  void aSaveThatHangsIsGivenUpAndTheOldModelIsLeftAloneUntilItReturns() throws Exception {
    rig.old.onSave = this::hangHere;
    rig.impatient();
    rig.swapFails(Errno.ETIMEDOUT);
    rig.assertThatTheOldOneGoesOn();
    rig.swapFails(Errno.EBUSY);
    assertThat(rig.machine.plan(SwapRig.EDU, SwapRig.ANOTHER).possible()).isFalse();
    int resumes = rig.old.last().resumes;
    assertThat(resumes).isPositive();
    rig.old.onSave = model -> {};
    go.countDown();
    await(() -> rig.old.last().resumes > resumes);
    await(() -> rig.machine.plan(SwapRig.EDU, SwapRig.ANOTHER).possible());
    rig.patient();
    assertThat(rig.swap().result()).isEqualTo(Result.DONE);
    assertThat(rig.value()).isEqualTo(6);
  }

  @Test
  void aSaveThatThrowsLeavesTheOldModelInPlace() {
    rig.old.onSave =
        model -> {
          throw new IllegalStateException("expected by this test");
        };
    rig.swapFails(Errno.EIO);
    rig.assertThatTheOldOneGoesOn();
    assertThat(rig.old.last().resumes).isPositive();
    assertThat(rig.next.last().closed).isTrue();
  }

  @Test
  void workThatNeverEndsCallsTheExchangeOffAndAccessesGoOnMeanwhile() throws Exception {
    rig.old.onSave =
        model -> {
          throw Errno.EAGAIN.because("expected by this test");
        };
    rig.machine.settings(BUSY);
    AtomicReference<Errno> answer = new AtomicReference<>();
    Thread operator =
        Thread.ofPlatform().start(() -> answer.set(rig.swapFails(Errno.EBUSY).errno()));
    int accesses = 0;
    while (operator.isAlive()) {
      assertThat(rig.value()).isEqualTo(5);
      accesses++;
    }
    operator.join();
    assertThat(answer).hasValue(Errno.EBUSY);
    rig.assertThatTheOldOneGoesOn();
    assertThat(accesses).isGreaterThan(10);
    assertThat(rig.old.last().saves).isGreaterThan(10);
    assertThat(rig.old.last().resumes).isEqualTo(rig.old.last().saves);
  }

  @Test
  void anAccessThatNeverEndsCallsTheExchangeOff() throws Exception {
    rig.old.onRead = this::hangHere;
    Thread reader = Thread.ofPlatform().start(rig::value);
    inside.await();
    rig.old.onRead = model -> {};
    rig.machine.settings(BUSY);
    rig.swapFails(Errno.EBUSY);
    rig.assertThatTheOldOneGoesOn();
    go.countDown();
    reader.join();
    rig.patient();
    assertThat(rig.swap().result()).isEqualTo(Result.DONE);
  }

  @Test
  void aFactoryThatGoesAwayInTheMiddleDoesNotTakeOver() throws Exception {
    Thread[] remover = new Thread[1];
    rig.next.onRestore =
        model -> {
          remover[0] = Thread.ofPlatform().start(() -> rig.machine.removeModels(rig.next));
          while (remover[0].getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
        };
    rig.swapFails(Errno.ENODEV);
    remover[0].join();
    rig.assertThatTheOldOneGoesOn();
  }

  @Test
  void aSecondExchangeOfTheSameDeviceIsRefused() throws Exception {
    rig.next.onRestore = this::hangHere;
    SwapRecord[] first = new SwapRecord[1];
    rig.machine.settings(new SwapSettings(10_000, 10_000, SwapPolicy.MANUAL));
    Thread operator = Thread.ofPlatform().start(() -> first[0] = rig.swap());
    inside.await();
    rig.swapFails(Errno.EBUSY);
    go.countDown();
    operator.join();
    assertThat(first[0].result()).isEqualTo(Result.DONE);
    assertThat(rig.value()).isEqualTo(5);
  }

  @Test
  void anInterruptedOperatorLeavesTheOldModelInPlace() throws Exception {
    rig.next.onRestore = this::hangHere;
    rig.machine.settings(BUSY);
    boolean[] interrupted = new boolean[1];
    Thread operator =
        Thread.ofPlatform()
            .start(
                () -> {
                  rig.swapFails(Errno.EINTR);
                  interrupted[0] = Thread.interrupted();
                });
    inside.await();
    operator.interrupt();
    operator.join();
    rig.assertThatTheOldOneGoesOn();
    assertThat(interrupted[0]).isTrue();
    assertThat(rig.old.last().resumes).isEqualTo(1);
  }

  @Test
  void aPolicyThatFailedDoesNotTryTheSameFactoryAgain() {
    Trial bad = new Trial();
    bad.onRestore =
        model -> {
          throw Errno.EINVAL.because("expected by this test");
        };
    rig.settings(10_000, SwapPolicy.ALWAYS);
    rig.machine.addModels(bad, 2);
    rig.assertThatTheOldOneGoesOn();
    rig.machine.addModels(new Trial());
    assertThat(rig.records()).hasSize(1);
  }
}

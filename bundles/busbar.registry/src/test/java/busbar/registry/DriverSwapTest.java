package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.client.Mapping;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Phase;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A driver is replaced while its device stays open, both versions being there. */
@Timeout(30)
class DriverSwapTest {
  private final SwapRig swap = new SwapRig();
  private final HandingDriver one = swap.one;
  private final HandingDriver two = swap.come(new HandingDriver(2));

  @AfterEach
  void close() {
    swap.close();
  }

  @Test
  void theFileStaysAndTheStateGetsAcross() {
    swap.write(3, 42);
    SwapRecord record = swap.swap("fake@2.0.0");
    assertThat(swap.read(3)).isEqualTo(42);
    assertThat(one.protocol).containsExactly("save a", "forget a");
    assertThat(two.protocol).containsExactly("take over a", "restore a");
    assertThat(one.diary).endsWith("remove a").doesNotContain("release a");
    assertThat(two.diary).doesNotContain("open a");
    swap.write(4, 43);
    assertThat(two.devices.get("a").bytes[4]).isEqualTo((byte) 43);
    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(record.way()).isEqualTo(Way.SIDE_BY_SIDE);
    assertThat(record.from()).isEqualTo("fake@1.0.0");
    assertThat(record.to()).isEqualTo("fake@2.0.0");
    assertThat(record.who()).isEqualTo("test");
    assertThat(record.number()).isEqualTo(1);
    assertThat(record.pauseNanos()).isPositive();
    assertThat(record.phases())
        .extracting(Phase::name)
        .containsExactly("probe", "drain", "save", "restore", "commit", "end");
    assertThat(record.undo()).isEqualTo("vfio:swap a fake@1.0.0");
    assertThat(swap.admin.history()).containsExactly(record);
  }

  @Test
  void theCommandInTheRecordTakesItBack() {
    swap.write(3, 42);
    SwapRecord record = swap.swap("#2");
    String[] undo = record.undo().split(" ");
    swap.admin.swap(undo[1], undo[2], "undo");
    assertThat(one.devices.get("a").bytes[3]).isEqualTo((byte) 42);
    assertThat(swap.read(3)).isEqualTo(42);
  }

  @Test
  void mappingsLeadToTheNewDriver() {
    Mapping mapping = swap.map();
    mapping.store(1, 1, 7);
    swap.swap("fake@2.0.0");
    assertThat(mapping.load(1, 1)).isEqualTo(7);
    mapping.store(1, 1, 8);
    assertThat(two.devices.get("a").bytes[1]).isEqualTo((byte) 8);
  }

  @Test
  void aDryRunTouchesNothing() {
    SwapPlan plan = swap.admin.plan("a", "fake@2.0.0").getFirst();
    assertThat(plan.possible()).isTrue();
    assertThat(plan.transfer()).isEqualTo(Transfer.STATE);
    assertThat(plan.places()).containsExactly("a");
    assertThat(plan.findings()).anyMatch(finding -> finding.contains("versions up to 1"));
    assertThat(one.protocol).isEmpty();
    assertThat(two.protocol).isEmpty();
    assertThat(swap.admin.history()).isEmpty();
  }

  @Test
  void targetsAndSuccessorsThatAreNotThereAreNamed() {
    assertThat(Rig.errno(() -> swap.admin.plan("z", "fake"))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> swap.admin.plan("a", "nobody"))).isEqualTo(Errno.ENOENT);
    swap.come(new HandingDriver(3));
    assertThat(Rig.errno(() -> swap.swap("fake"))).isEqualTo(Errno.EINVAL);
    assertThat(swap.swap("test.fake@3.0.0").result()).isEqualTo(Result.DONE);
  }

  @Test
  void theOneInPlaceIsNoSuccessor() {
    swap.go(two);
    assertThat(swap.admin.plan("a", "fake").getFirst().possible()).isFalse();
    assertThat(Rig.errno(() -> swap.swap("fake"))).isEqualTo(Errno.EINVAL);
    assertThat(swap.read(0)).isZero();
  }

  @Test
  void nothingIsLostUnderLoad() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    int[] counts = new int[4];
    for (int i = 0; i < counts.length; i++) {
      int mine = i;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (!stop.get()) {
                        int next = counts[mine] + 1 & 0x7f;
                        swap.write(mine, next);
                        assertThat(swap.read(mine)).isEqualTo(next);
                        counts[mine] = next;
                      }
                    } catch (Throwable t) {
                      wrong.set(t);
                    }
                  }));
    }
    // the machine may be busy with other things: nothing here hangs
    swap.admin.settings(new SwapSettings(10_000, 10_000, SwapPolicy.MANUAL));
    for (int i = 0; i < 100; i++) {
      swap.swap(i % 2 == 0 ? "fake@2.0.0" : "fake@1.0.0");
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong.get()).isNull();
    assertThat(swap.admin.history()).allMatch(record -> record.result() == Result.DONE);
    for (int i = 0; i < counts.length; i++) {
      assertThat(swap.read(i)).isEqualTo(counts[i]);
    }
  }

  private void assertOldGoesOn(Errno errno) {
    swap.write(5, 17);
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0"))).isEqualTo(errno);
    assertThat(swap.read(5)).isEqualTo(17);
    assertThat(one.devices).containsKey("a");
    assertThat(swap.last().result()).isEqualTo(Result.KEPT);
    assertThat(swap.last().because()).isNotBlank();
    // and it was no half thing: it works when the cause is gone
    two.onProbe = data -> {};
    two.onRestore = data -> {};
    one.onSave = data -> {};
    swap.write(6, 18);
    if (!two.devices.isEmpty()) {
      SwapRig.sleep(50);
    }
    assertThat(two.devices).doesNotContainKey("a");
  }

  private void assertWorksNow() {
    assertThat(swap.swap("fake@2.0.0").result()).isEqualTo(Result.DONE);
    assertThat(swap.read(5)).isEqualTo(17);
    assertThat(swap.read(6)).isEqualTo(18);
  }

  @Test
  void aSuccessorThatRefusesTheStateChangesNothing() {
    two.onRestore =
        data -> {
          throw Errno.EINVAL.because("the state has no such thing");
        };
    assertOldGoesOn(Errno.EINVAL);
    assertThat(one.protocol).containsExactly("save a", "resume a");
    assertThat(two.protocol).containsExactly("take over a", "restore a", "forget a");
    assertWorksNow();
  }

  @Test
  void aSuccessorThatThrowsChangesNothing() {
    two.onRestore =
        data -> {
          throw new IllegalStateException("expected by this test");
        };
    assertOldGoesOn(Errno.EIO);
    assertWorksNow();
  }

  @Test
  void aSuccessorThatThrowsInItsProbeIsNeverGivenAnything() {
    two.onProbe =
        data -> {
          two.devices.remove("a");
          throw new IllegalStateException("expected by this test");
        };
    assertOldGoesOn(Errno.EIO);
    assertThat(one.protocol).isEmpty();
    assertWorksNow();
  }

  @Test
  void anOldDriverThatCannotTellItsStateKeepsTheDevice() {
    one.onSave =
        data -> {
          throw Errno.EAGAIN.because("busy with itself");
        };
    assertOldGoesOn(Errno.EAGAIN);
    assertThat(one.protocol).containsExactly("save a");
    assertWorksNow();
  }

  @Test
  void anOlderSchemaIsRefusedBeforeAnythingIsTouched() {
    one.version = 2;
    SwapPlan plan = swap.admin.plan("a", "fake@2.0.0").getFirst();
    assertThat(plan.possible()).isFalse();
    assertThat(plan.because()).contains("version 2").contains("up to version 1");
    assertOldGoesOn(Errno.EINVAL);
    assertThat(one.protocol).isEmpty();
    two.version = 2;
    assertWorksNow();
  }

  /** A hang that an interrupt ends, as most do. */
  private static void hang(CountDownLatch until) {
    boolean over = false;
    while (!over) {
      try {
        until.await();
        over = true;
      } catch (InterruptedException e) {
        // deaf on purpose
      }
    }
  }

  @Test
  void aSuccessorThatHangsInItsProbeIsGivenUp() throws Exception {
    CountDownLatch until = new CountDownLatch(1);
    two.onProbe = data -> hang(until);
    swap.write(5, 17);
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0"))).isEqualTo(Errno.ETIMEDOUT);
    swap.write(6, 18);
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0")))
        .as("while a driver hangs")
        .isEqualTo(Errno.EBUSY);
    until.countDown();
    settled();
    two.onProbe = data -> {};
    assertWorksNow();
  }

  @Test
  void aSuccessorThatHangsInItsRestoreIsGivenUpAndGivesBackWhatItTakesLater() {
    CountDownLatch until = new CountDownLatch(1);
    two.onRestore = data -> hang(until);
    swap.write(5, 17);
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0"))).isEqualTo(Errno.ETIMEDOUT);
    assertThat(one.protocol).containsExactly("save a", "resume a");
    swap.write(6, 18);
    until.countDown();
    settled();
    assertThat(one.protocol).containsExactly("save a", "resume a", "save a", "resume a");
    assertThat(two.protocol).containsExactly("take over a", "restore a", "save a", "forget a");
    two.onRestore = data -> {};
    assertWorksNow();
  }

  @Test
  void anOldDriverThatHangsTellingItsStateGoesOnServing() {
    CountDownLatch until = new CountDownLatch(1);
    one.onSave = data -> hang(until);
    swap.write(5, 17);
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0"))).isEqualTo(Errno.ETIMEDOUT);
    swap.write(6, 18);
    until.countDown();
    settled();
    assertThat(one.protocol).containsExactly("save a", "resume a");
    one.onSave = data -> {};
    assertWorksNow();
  }

  @Test
  void anUpdateOfTheOldDriverWhileASuccessorHangsIsNotMissed() {
    CountDownLatch until = new CountDownLatch(1);
    two.onRestore = data -> hang(until);
    swap.write(5, 17);
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0"))).isEqualTo(Errno.ETIMEDOUT);
    swap.go(one);
    HandingDriver three = swap.come(new HandingDriver(3));
    until.countDown();
    assertThat(swap.read(5)).isEqualTo(17);
    assertThat(three.devices.get("a").bytes[5]).isEqualTo((byte) 17);
  }

  /** What follows a call that hung has been done. */
  private void settled() {
    while (!two.devices.isEmpty()
        || Thread.getAllStackTraces().keySet().stream()
            .anyMatch(thread -> thread.getName().startsWith("busbar-swap-"))) {
      SwapRig.sleep(2);
    }
  }

  @Test
  void aSuccessorThatGoesInTheMiddleChangesNothing() {
    two.onRestore = data -> Thread.ofVirtual().start(() -> swap.go(two));
    AtomicBoolean waited = new AtomicBoolean();
    two.onRestore =
        data -> {
          Thread.ofVirtual().start(() -> swap.go(two));
          SwapRig.sleep(50);
          waited.set(true);
        };
    assertOldGoesOn(Errno.ENODEV);
    assertThat(waited).isTrue();
    swap.come(two);
    assertWorksNow();
  }

  @Test
  void ofTwoSwapsAtOnceOneWaitsOrIsRefused() throws Exception {
    HandingDriver three = swap.come(new HandingDriver(3));
    CountDownLatch in = new CountDownLatch(1);
    CountDownLatch out = new CountDownLatch(1);
    two.onProbe =
        data -> {
          in.countDown();
          try {
            out.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    SwapRig.Waiter first = new SwapRig.Waiter(() -> swap.swap("fake@2.0.0"));
    first.thread.start();
    in.await();
    SwapRig.Waiter second = new SwapRig.Waiter(() -> swap.swap("fake@3.0.0"));
    second.thread.start();
    SwapRig.sleep(30);
    out.countDown();
    first.join();
    second.join();
    assertThat(first.failure).isNull();
    assertThat(second.failure).isNull();
    assertThat(three.devices).containsKey("a");
    assertThat(two.devices).isEmpty();
    assertThat(swap.read(0)).isZero();
  }

  @Test
  void anOperationThatDoesNotEndCallsTheSwapOff() throws Exception {
    CountDownLatch in = new CountDownLatch(1);
    CountDownLatch out = new CountDownLatch(1);
    one.onRead =
        data -> {
          in.countDown();
          hang(out);
        };
    SwapRig.Waiter slow = new SwapRig.Waiter(() -> swap.read(0));
    slow.thread.start();
    in.await();
    assertThat(Rig.errno(() -> swap.swap("fake@2.0.0"))).isEqualTo(Errno.EBUSY);
    out.countDown();
    slow.join();
    assertThat(slow.failure).isNull();
    one.onRead = data -> {};
    assertThat(swap.swap("fake@2.0.0").result()).isEqualTo(Result.DONE);
  }

  @Test
  void aClientThatClosesDuringTheSwapIsClosedByTheNewDriver() {
    two.onRestore =
        data -> {
          Thread closer = Thread.ofPlatform().start(() -> swap.rig.client.close());
          try {
            closer.join();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    assertThat(swap.swap("fake@2.0.0").result()).isEqualTo(Result.DONE);
    assertThat(two.diary).contains("release a");
    assertThat(one.diary).doesNotContain("release a");
    assertThat(swap.rig.registry.admin().device("a").openCount()).isZero();
    assertThat(swap.rig.registry.admin().containers()).isEmpty();
  }

  @Test
  void aDeviceThatVanishesDuringTheSwapIsGone() {
    AtomicInteger restores = new AtomicInteger();
    two.onRestore =
        data -> {
          restores.incrementAndGet();
          Thread.ofVirtual().start(() -> swap.rig.bus.pull(swap.rig.a));
          SwapRig.sleep(100);
        };
    try {
      swap.swap("fake@2.0.0");
    } catch (busbar.api.VfioException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENODEV);
    }
    assertThat(restores).hasValue(1);
    while (swap.rig.registry.admin().devices().stream().anyMatch(d -> d.name().equals("a"))) {
      SwapRig.sleep(2);
    }
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
    while (!one.devices.isEmpty() && one.devices.containsKey("a") || two.devices.containsKey("a")) {
      SwapRig.sleep(2);
    }
  }

  @Test
  void devicesThatAreResetTogetherMoveTogether() {
    Object set = new Object();
    HandingDriver setter = new HandingDriver("setter", 7);
    setter.bid = 5;
    setter.onProbe = data -> data.vfio.assignSet(set);
    HandingDriver next = new HandingDriver("setter", 8);
    next.bid = 5;
    next.onProbe = setter.onProbe;
    swap.all.add(setter);
    swap.all.add(next);
    swap.rig.registry.addDriver(setter, 0, setter.candidate);
    for (String device : List.of("b0", "b1")) {
      swap.rig.registry.admin().unbind(device);
      swap.rig.registry.admin().probe(device);
    }
    swap.rig.registry.addDriver(next, 0, next.candidate);
    assertThat(swap.admin.plan("b0", "setter@8.0.0").getFirst().places())
        .containsExactly("b0", "b1");
    next.onRestore =
        data -> {
          if (data.device.name().equals("b1")) {
            throw Errno.EINVAL.because("expected by this test");
          }
        };
    assertThat(Rig.errno(() -> swap.admin.swap("b0", "setter@8.0.0", "test")))
        .isEqualTo(Errno.EINVAL);
    assertThat(setter.devices).containsOnlyKeys("b0", "b1");
    assertThat(next.devices).isEmpty();
    next.onRestore = data -> {};
    swap.admin.swap("b0", "setter@8.0.0", "test");
    assertThat(next.devices).containsOnlyKeys("b0", "b1");
    assertThat(setter.devices).isEmpty();
  }

  @Test
  void aDriverWithoutHandoverIsQuiescedAndTheNewOneOpensAgain() {
    FakeDriver plain = new FakeDriver("plain", "fake", 0);
    swap.rig.registry.addDriver(plain, 0);
    Mapping mapping = swap.map();
    assertThat(swap.admin.plan("a", "plain").getFirst().transfer()).isEqualTo(Transfer.REOPEN);
    swap.swap("plain");
    assertThat(one.diary).endsWith("release a", "remove a");
    assertThat(plain.diary).containsExactly("probe a", "open a");
    swap.write(3, 9);
    assertThat(mapping.load(3, 1)).isEqualTo(9);
    swap.swap("fake@2.0.0");
    assertThat(plain.diary).endsWith("release a", "remove a");
    assertThat(two.diary).endsWith("open a");
    assertThat(plain.violations).isEmpty();
  }

  @Test
  void aDriverWithoutHandoverThatDoesNotOpenLeavesTheOldOneOpenAgain() {
    FakeDriver plain = new FakeDriver("plain", "fake", 0);
    swap.rig.registry.addDriver(plain, 0);
    plain.openError = Errno.EBUSY;
    assertThat(Rig.errno(() -> swap.swap("plain"))).isEqualTo(Errno.EBUSY);
    assertThat(one.diary).endsWith("release a", "remove a", "probe a", "open a");
    assertThat(plain.devices).isEmpty();
    swap.write(3, 9);
    assertThat(swap.read(3)).isEqualTo(9);
    assertThat(swap.last().result()).isEqualTo(Result.KEPT);
  }

  @Test
  void aClosedDeviceIsSwappedToo() {
    assertThat(swap.admin.swap("c", "fake@2.0.0", "test").getLast().result())
        .isEqualTo(Result.DONE);
    assertThat(two.devices).containsKey("c");
  }
}

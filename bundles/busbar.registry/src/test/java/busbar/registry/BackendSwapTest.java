package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.client.VfioClient;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPlan;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An IOMMU backend is replaced while containers use it. */
@Timeout(30)
class BackendSwapTest {
  private final Rig rig =
      new Rig(new SwapSettings(SwapRig.GRACE_MILLIS, SwapRig.DEADLINE_MILLIS, SwapPolicy.MANUAL));
  private final SwapAdmin admin = rig.registry.swapAdmin();
  private final VfioClient client = rig.client;
  private final HandingBackend one = new HandingBackend(1);
  private final HandingBackend two = new HandingBackend(2);
  private final Rig.Opened opened;
  private final String container;

  BackendSwapTest() {
    rig.registry.removeBackend(rig.backend);
    come(one);
    opened = rig.openA();
    container = rig.registry.admin().containers().getFirst().name();
  }

  @AfterEach
  void close() {
    rig.close();
    rig.assertNoViolation();
    assertThat(one.violations).isEmpty();
    assertThat(two.violations).isEmpty();
  }

  private void come(HandingBackend backend) {
    rig.registry.addBackend(backend, 0, backend.candidate);
  }

  private SwapRecord last() {
    return admin.history().getLast();
  }

  @Test
  void theContainerKeepsItsGroupsAndNothingIsDetached() {
    come(two);
    SwapRecord record = admin.swap(container, "handing@2.0.0", "test").getFirst();
    assertThat(rig.ping(opened.container())).isEqualTo(7);
    assertThat(one.protocol).containsExactly("save", "forget");
    assertThat(two.protocol).containsExactly("restore");
    assertThat(one.diary).doesNotContain("handing detach 1", "handing release");
    assertThat(two.diary).doesNotContain("handing attach 1");
    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(record.way()).isEqualTo(Way.SIDE_BY_SIDE);
    assertThat(record.undo()).isEqualTo("vfio:swap " + container + " handing@1.0.0");
    client.close();
    assertThat(two.diary).endsWith("handing detach 1", "handing release");
    assertThat(one.diary).doesNotContain("handing release");
  }

  @Test
  void theNameOfABackendMeansAllItsContainers() {
    int other = client.openContainer();
    int group = client.openGroup(3);
    rig.setContainer(group, other);
    rig.setIommu(other, Rig.TYPE);
    come(two);
    assertThat(admin.plan("handing@1.0.0", "handing@2.0.0")).hasSize(2);
    assertThat(admin.swap("handing@1.0.0", "handing@2.0.0", "test"))
        .allMatch(record -> record.result() == Result.DONE)
        .hasSize(2);
    assertThat(rig.ping(other)).isEqualTo(7);
  }

  @Test
  void aRefusedStateLeavesTheOldBackendInPlace() {
    come(two);
    two.onRestore =
        instance -> {
          throw Errno.EINVAL.because("no");
        };
    assertThat(Rig.errno(() -> admin.swap(container, "handing@2.0.0", "test")))
        .isEqualTo(Errno.EINVAL);
    assertThat(one.protocol).containsExactly("save", "resume");
    assertThat(two.protocol).containsExactly("restore", "forget");
    assertThat(rig.ping(opened.container())).isEqualTo(7);
    assertThat(last().result()).isEqualTo(Result.KEPT);
    two.onRestore = instance -> {};
    assertThat(admin.swap(container, "handing@2.0.0", "test").getFirst().result())
        .isEqualTo(Result.DONE);
  }

  @Test
  void anOlderSchemaAndAForeignStateAreRefusedBeforeAnythingIsTouched() {
    come(two);
    one.version = 2;
    SwapPlan plan = admin.plan(container, "handing@2.0.0").getFirst();
    assertThat(plan.possible()).isFalse();
    assertThat(Rig.errno(() -> admin.swap(container, "handing@2.0.0", "test")))
        .isEqualTo(Errno.EINVAL);
    assertThat(one.protocol).isEmpty();
    rig.registry.addBackend(rig.backend, 0);
    assertThat(Rig.errno(() -> admin.swap(container, "fake-backend", "test")))
        .as("it cannot take a state at all")
        .isEqualTo(Errno.ENOENT);
  }

  @Test
  void aBackendThatHangsInItsRestoreIsGivenUp() {
    come(two);
    CountDownLatch until = new CountDownLatch(1);
    two.onRestore = instance -> SwapRig.sleep(60_000);
    assertThat(Rig.errno(() -> admin.swap(container, "handing@2.0.0", "test")))
        .isEqualTo(Errno.ETIMEDOUT);
    assertThat(rig.ping(opened.container())).isEqualTo(7);
    assertThat(one.protocol).containsExactly("save", "resume");
    while (!two.protocol.contains("forget")) {
      SwapRig.sleep(2);
    }
    until.countDown();
  }

  @Test
  void aCallThatDoesNotEndCallsTheSwapOff() throws Exception {
    come(two);
    CountDownLatch in = new CountDownLatch(1);
    CountDownLatch out = new CountDownLatch(1);
    one.onIoctl =
        instance -> {
          in.countDown();
          try {
            out.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    SwapRig.Waiter slow = new SwapRig.Waiter(() -> rig.ping(opened.container()));
    slow.thread.start();
    in.await();
    assertThat(Rig.errno(() -> admin.swap(container, "handing@2.0.0", "test")))
        .isEqualTo(Errno.EBUSY);
    out.countDown();
    slow.join();
    assertThat(slow.failure).isNull();
  }

  @Test
  void theOldOneMayGoInTheMiddleOfItsSwap() throws Exception {
    come(two);
    Thread going = Thread.ofPlatform().unstarted(() -> rig.registry.removeBackend(one));
    two.onRestore =
        fresh -> {
          going.start();
          while (going.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
          }
        };
    SwapRecord record = admin.swap(container, "handing@2.0.0", "test").getFirst();
    going.join();

    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(last()).isEqualTo(record);
    assertThat(rig.ping(opened.container())).isEqualTo(7);
    assertThat(two.protocol).containsExactly("restore");
  }

  @Test
  void aBackendThatGoesWhileItIsChosenIsNotChosen() {
    int other = client.openContainer();
    int group = client.openGroup(3);
    rig.setContainer(group, other);
    one.onAttach = () -> rig.registry.removeBackend(one);
    assertThat(Rig.errno(() -> rig.setIommu(other, Rig.TYPE))).isEqualTo(Errno.ENODEV);
    assertThat(one.diary).endsWith("handing attach 3", "handing detach 3", "handing release");

    come(two);
    rig.setIommu(other, Rig.TYPE);
    assertThat(rig.ping(other)).isEqualTo(7);
    assertThat(rig.ping(opened.container())).as("the one that had chosen before").isEqualTo(7);
  }

  @Test
  void callsAndClosesWaitForTheNextVersion() throws Exception {
    rig.registry.removeBackend(one);
    Waiters waiters = new Waiters();
    come(two);
    waiters.join();
    assertThat(two.protocol).containsExactly("restore");
    assertThat(last().way()).isEqualTo(Way.UPDATE);
    assertThat(last().result()).isEqualTo(Result.DONE);
    assertThat(two.diary).contains("handing attach 3").doesNotContain("handing attach 1");
    assertThat(rig.timing.pending()).isEmpty();
  }

  /** A call and the coming of a group, both waiting. */
  private final class Waiters {
    private final SwapRig.Waiter call = waiter(() -> rig.ping(opened.container()));
    private final SwapRig.Waiter joins =
        waiter(() -> rig.setContainer(client.openGroup(3), opened.container()));

    private static SwapRig.Waiter waiter(Runnable operation) {
      SwapRig.Waiter waiter = new SwapRig.Waiter(operation);
      waiter.thread.start();
      while (waiter.thread.getState() != Thread.State.WAITING && waiter.isWaiting()) {
        Thread.onSpinWait();
      }
      assertThat(waiter.isWaiting()).isTrue();
      return waiter;
    }

    void join() throws InterruptedException {
      call.join();
      joins.join();
      assertThat(call.failure).isNull();
      assertThat(joins.failure).isNull();
    }
  }

  @Test
  void nobodyComesAndTheContainerHasLostItsMappings() {
    rig.registry.removeBackend(one);
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(SwapRig.GRACE_MILLIS));
    assertThat(Rig.errno(() -> rig.ping(opened.container()))).isEqualTo(Errno.ENODEV);
    assertThat(one.diary).endsWith("handing detach 1", "handing release");
    assertThat(one.protocol).containsExactly("save", "resume");
    assertThat(last().result()).isEqualTo(Result.LOST);
    come(two);
    rig.setIommu(opened.container(), Rig.TYPE);
    assertThat(rig.ping(opened.container())).isEqualTo(7);
  }

  @Test
  void aSuccessorThatRefusesLeavesTheContainerWaiting() {
    rig.registry.removeBackend(one);
    two.onRestore =
        instance -> {
          throw new IllegalStateException("expected by this test");
        };
    come(two);
    assertThat(last().result()).isEqualTo(Result.WAITING);
    two.onRestore = instance -> {};
    assertThat(admin.swap(container, "handing@2.0.0", "test").getFirst().result())
        .isEqualTo(Result.DONE);
    assertThat(rig.ping(opened.container())).isEqualTo(7);
  }

  @Test
  void aClientThatClosesMeanwhileLeavesNothing() {
    rig.registry.removeBackend(one);
    client.close();
    assertThat(rig.registry.admin().containers()).isEmpty();
    assertThat(one.diary).contains("handing release");
    assertThat(one.diary.stream().filter("handing release"::equals)).hasSize(1);
    assertThat(rig.timing.pending()).isEmpty();
  }

  @Test
  void whenEverythingStopsNobodyWaits() {
    rig.registry.stopping(() -> true);
    rig.registry.removeBackend(one);
    assertThat(Rig.errno(() -> rig.ping(opened.container()))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void aBackendWithoutHandoverLosesItsContainersAtOnce() {
    rig.registry.addBackend(rig.backend, 0);
    client.close(opened.device());
    client.close(opened.group());
    client.close(opened.container());
    int other = client.openContainer();
    int group = client.openGroup(1);
    rig.setContainer(group, other);
    rig.setIommu(other, 3);
    rig.registry.removeBackend(rig.backend);
    assertThat(Rig.errno(() -> rig.ping(other))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void aNewerVersionTakesOverIfThePolicySaysSo() {
    admin.settings(admin.settings().withPolicy(SwapPolicy.ALWAYS));
    come(two);
    assertThat(two.protocol).containsExactly("restore");
    assertThat(last().way()).isEqualTo(Way.POLICY);
  }

  @Test
  void noCallIsLostUnderLoad() throws Exception {
    come(two);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    Thread user =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!stop.get()) {
                      assertThat(rig.ping(opened.container())).isEqualTo(7);
                    }
                  } catch (Throwable t) {
                    wrong.set(t);
                  }
                });
    // the machine may be busy with other things: nothing here hangs
    admin.settings(new SwapSettings(10_000, 10_000, SwapPolicy.MANUAL));
    for (int i = 0; i < 100; i++) {
      admin.swap(container, i % 2 == 0 ? "handing@2.0.0" : "handing@1.0.0", "test");
    }
    stop.set(true);
    user.join();
    assertThat(wrong.get()).isNull();
  }
}

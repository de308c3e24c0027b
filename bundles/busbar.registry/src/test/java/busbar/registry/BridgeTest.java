package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.admin.DeviceView;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Mapping;
import busbar.api.client.VfioClient;
import busbar.api.memory.MemoryFaultException;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A driver's service goes while its device is open, and comes back or does not: an update. */
@Timeout(30)
class BridgeTest {
  private final SwapRig swap = new SwapRig();
  private final Rig rig = swap.rig;
  private final HandingDriver one = swap.one;
  private final HandingDriver two = new HandingDriver(2);

  @AfterEach
  void close() {
    swap.close();
  }

  private DeviceView.State state(String device) {
    return rig.registry.admin().device(device).state();
  }

  private void endGrace() {
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(SwapRig.GRACE_MILLIS));
  }

  @Test
  void operationsWaitForTheNextVersionAndFindTheirState() throws Exception {
    swap.write(3, 42);
    Mapping mapping = swap.map();
    mapping.store(4, 1, 43);
    swap.go(one);
    assertThat(state("a")).isEqualTo(DeviceView.State.SWAPPING);
    SwapRig.Waiter reader = swap.waiter(() -> assertThat(swap.read(3)).isEqualTo(42));
    SwapRig.Waiter opener = swap.waiter(() -> rig.device(swap.opened.group(), "a"));
    assertThat(reader.isWaiting()).isTrue();
    assertThat(opener.isWaiting()).isTrue();
    swap.come(two);
    reader.join();
    opener.join();
    assertThat(reader.failure).isNull();
    assertThat(opener.failure).isNull();
    assertThat(mapping.load(4, 1)).isEqualTo(43);
    assertThat(one.protocol).containsExactly("save a", "forget a");
    assertThat(two.protocol).containsExactly("take over a", "restore a");
    assertThat(state("a")).isEqualTo(DeviceView.State.OPEN);
    SwapRecord record = swap.last();
    assertThat(record.way()).isEqualTo(Way.UPDATE);
    assertThat(record.result()).isEqualTo(Result.DONE);
    assertThat(record.from()).isEqualTo("fake@1.0.0");
    assertThat(record.to()).isEqualTo("fake@2.0.0");
    assertThat(record.pauseNanos()).isPositive();
    assertThat(rig.timing.pending()).as("timers").isEmpty();
  }

  @Test
  void anUnusedDeviceDoesNotWait() {
    swap.go(one);
    assertThat(state("c")).isEqualTo(DeviceView.State.BROKEN);
    assertThat(one.diary).contains("remove c");
    swap.come(two);
    assertThat(two.devices).containsKeys("a", "c");
    assertThat(state("c")).isEqualTo(DeviceView.State.READY);
  }

  @Test
  void aDeviceThatIsNotOpenButWhoseGroupIsInAContainerWaits() {
    rig.client.close(swap.opened.device());
    swap.go(one);
    assertThat(state("a")).isEqualTo(DeviceView.State.SWAPPING);
    swap.come(two);
    assertThat(rig.ping(swap.opened.container())).isEqualTo(7);
    int device = rig.device(swap.opened.group(), "a");
    assertThat(rig.reset(device)).isZero();
    assertThat(two.diary).contains("open a");
    assertThat(rig.backend.diary).doesNotContain("fake-backend detach 1");
  }

  @Test
  void nobodyComesAndOperationsFailWithEnodev() throws Exception {
    Mapping mapping = swap.map();
    swap.go(one);
    SwapRig.Waiter reader = swap.waiter(() -> swap.read(3));
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(SwapRig.GRACE_MILLIS) - 1);
    assertThat(reader.isWaiting()).isTrue();
    rig.timing.advance(1);
    reader.join();
    assertThat(reader.failure.errno()).isEqualTo(Errno.ENODEV);
    assertThat(reader.failure.because()).contains("within 10000 ms");
    assertThat(one.protocol).containsExactly("save a", "resume a");
    assertThat(one.diary).endsWith("release a", "remove a");
    assertThat(state("a")).isEqualTo(DeviceView.State.BROKEN);
    assertThat(swap.last().result()).isEqualTo(Result.LOST);
    assertThat(catchThrowableOfType(MemoryFaultException.class, () -> mapping.load(0, 1)))
        .isNotNull();
    // who comes later gets the device for new users
    rig.client.close();
    swap.come(two);
    assertThat(state("a")).isEqualTo(DeviceView.State.READY);
    assertThat(two.protocol).isEmpty();
  }

  @Test
  void aSuccessorThatRefusesLeavesTheDeviceWaitingForABetterOne() throws Exception {
    swap.write(3, 42);
    swap.go(one);
    two.onRestore =
        data -> {
          throw Errno.EINVAL.because("not that");
        };
    SwapRig.Waiter reader = swap.waiter(() -> assertThat(swap.read(3)).isEqualTo(42));
    swap.come(two);
    assertThat(reader.isWaiting()).isTrue();
    assertThat(swap.last().result()).isEqualTo(Result.WAITING);
    assertThat(swap.last().because()).contains("not that");
    assertThat(two.protocol).containsExactly("take over a", "restore a", "forget a");
    swap.go(two);
    HandingDriver three = swap.come(new HandingDriver(3));
    reader.join();
    assertThat(reader.failure).isNull();
    assertThat(swap.last().result()).isEqualTo(Result.DONE);
    assertThat(three.devices).containsKey("a");
  }

  @Test
  void theSameSuccessorCanBeGivenItByHandOnceItsCauseIsGone() {
    swap.write(3, 42);
    swap.go(one);
    two.onRestore =
        data -> {
          throw new IllegalStateException("expected by this test");
        };
    swap.come(two);
    two.onRestore = data -> {};
    assertThat(swap.swap("fake@2.0.0").result()).isEqualTo(Result.DONE);
    assertThat(swap.read(3)).isEqualTo(42);
  }

  @Test
  void aSuccessorThatHangsIsGivenUpAndTheDeviceWaitsOn() throws Exception {
    swap.write(3, 42);
    swap.go(one);
    two.onRestore = data -> SwapRig.sleep(60_000);
    swap.come(two);
    assertThat(swap.last().result()).isEqualTo(Result.WAITING);
    swap.go(two);
    while (two.devices.containsKey("a")) {
      SwapRig.sleep(2);
    }
    swap.come(new HandingDriver(3));
    assertThat(swap.read(3)).isEqualTo(42);
  }

  @Test
  void anOlderSchemaIsRefusedAndTheDeviceWaitsOn() {
    one.version = 2;
    swap.go(one);
    swap.come(two);
    assertThat(swap.last().result()).isEqualTo(Result.WAITING);
    assertThat(swap.last().because()).contains("version 2");
    endGrace();
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void devicesThatAreResetTogetherStandStillBeforeTheFirstIsSaved() {
    Object set = new Object();
    one.onProbe =
        data -> {
          if (data.device.name().startsWith("b") || data.device.name().equals("a")) {
            data.vfio.assignSet(set);
          }
        };
    rig.client.close();
    for (String device : java.util.List.of("a", "b0", "b1")) {
      rig.registry.admin().unbind(device);
      rig.registry.admin().probe(device);
    }
    VfioClient client = rig.registry.vfio().connect(ClientPolicy.privileged("again"));
    int container = client.openContainer();
    int group = client.openGroup(1);
    client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, Rig.struct(container));
    client.ioctl(container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(Rig.TYPE));
    int device = (int) client.ioctl(group, VfioHeader.VFIO_GROUP_GET_DEVICE_FD, Rig.text("a"));
    swap.go(one);
    assertThat(one.protocol).contains("save a", "save b0", "save b1");
    assertThat(state("b1")).isEqualTo(DeviceView.State.SWAPPING);
    swap.come(two);
    assertThat(two.devices).containsKeys("a", "b0", "b1");
    assertThat(client.ioctl(device, VfioHeader.VFIO_DEVICE_RESET, MemorySegment.NULL)).isZero();
    client.close();
  }

  @Test
  void anotherVersionThatIsThereAlreadyTakesOverAtOnce() {
    swap.write(3, 42);
    swap.come(two);
    swap.go(one);
    assertThat(swap.read(3)).isEqualTo(42);
    assertThat(two.protocol).containsExactly("take over a", "restore a");
  }

  @Test
  void aDriverWithoutHandoverIsQuiescedAndOpenedAgain() throws Exception {
    FakeDriver plain = new FakeDriver("plain", "fake", 0);
    rig.registry.addDriver(plain, 0);
    swap.swap("plain");
    Mapping mapping = swap.map();
    swap.go(plain);
    assertThat(plain.diary).endsWith("release a", "remove a");
    FakeDriver next = new FakeDriver("plain", "fake", 0);
    SwapRig.Waiter reset = swap.waiter(() -> rig.reset(swap.opened.device()));
    assertThat(reset.isWaiting()).isTrue();
    rig.registry.addDriver(next, 0);
    reset.join();
    assertThat(reset.failure).isNull();
    assertThat(next.diary).containsExactly("probe a", "open a");
    mapping.store(2, 1, 5);
    assertThat(next.devices.get("a").bytes[2]).isEqualTo((byte) 5);
    rig.client.close();
    assertThat(next.diary).endsWith("release a");
    assertThat(plain.violations).isEmpty();
    assertThat(next.violations).isEmpty();
  }

  @Test
  void aClientThatClosesMeanwhileDoesNotWaitAndNothingIsLeft() {
    swap.go(one);
    rig.client.close();
    while (state("a") != DeviceView.State.BROKEN) {
      SwapRig.sleep(2);
    }
    assertThat(one.protocol).containsExactly("save a", "resume a");
    assertThat(one.diary).endsWith("release a", "remove a");
    assertThat(rig.registry.admin().containers()).isEmpty();
    assertThat(rig.timing.pending()).isEmpty();
    swap.come(two);
    assertThat(state("a")).isEqualTo(DeviceView.State.READY);
  }

  @Test
  void anOperatorWhoUnbindsMeanwhileIsObeyed() {
    swap.go(one);
    rig.registry.admin().unbind("a");
    assertThat(state("a")).isEqualTo(DeviceView.State.UNBOUND);
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
    swap.come(two);
    assertThat(state("a")).isEqualTo(DeviceView.State.UNBOUND);
  }

  @Test
  void aDeviceThatVanishesMeanwhileIsGone() {
    swap.go(one);
    rig.bus.pull(rig.a);
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
    assertThat(one.diary).contains("remove a");
    assertThat(rig.timing.pending()).isEmpty();
  }

  @Test
  void aDeviceThatIsRemovedMeanwhileIsGone() {
    swap.go(one);
    rig.bus.remove(rig.a);
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
    assertThat(one.diary).contains("remove a");
  }

  @Test
  void whenEverythingStopsNobodyWaits() throws Exception {
    rig.registry.stopping(() -> true);
    swap.go(one);
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
    assertThat(one.diary).contains("release a");
  }

  @Test
  void theRegistryThatClosesMeanwhileLetsEverybodyGo() throws Exception {
    swap.go(one);
    SwapRig.Waiter reader = swap.waiter(() -> swap.read(3));
    rig.registry.close();
    reader.join();
    assertThat(reader.failure.errno()).isIn(Errno.ENODEV, Errno.EBADF);
    assertThat(one.diary).endsWith("release a", "remove a");
  }

  @Test
  void aDriverThatCannotTellItsStateLosesTheDevice() {
    one.onSave =
        data -> {
          throw new IllegalStateException("expected by this test");
        };
    swap.go(one);
    assertThat(Rig.errno(() -> swap.read(0))).isEqualTo(Errno.ENODEV);
    assertThat(one.diary).containsSequence("release a", "remove a");
    assertThat(swap.last().result()).isEqualTo(Result.LOST);
  }

  @Test
  void aSuccessorThatGoesAtOnceIsBridgedAsWell() {
    swap.write(3, 42);
    swap.go(one);
    two.onRestore = data -> Thread.ofVirtual().start(() -> swap.go(two));
    swap.come(two);
    SwapRig.sleep(30);
    swap.come(new HandingDriver(3));
    assertThat(swap.read(3)).isEqualTo(42);
  }

  @Test
  void aBetterBidTakesOverAtOnceOnlyIfThePolicySaysSo() {
    swap.write(3, 42);
    HandingDriver better = new HandingDriver("better", 5);
    better.bid = 9;
    swap.come(better);
    assertThat(one.devices).containsKey("a");
    policy(SwapPolicy.ALWAYS);
    assertThat(better.devices).containsKeys("a", "b0", "b1", "c");
    assertThat(swap.read(3)).isEqualTo(42);
    assertThat(swap.last().way()).isEqualTo(Way.POLICY);
    assertThat(swap.last().who()).isEqualTo("policy always");
  }

  @Test
  void aNewerVersionTakesOverIfThePolicySaysSo() {
    policy(SwapPolicy.ALWAYS);
    swap.come(two);
    assertThat(two.devices).containsKeys("a", "c");
    assertThat(swap.admin.history()).allMatch(record -> record.result() == Result.DONE);
    assertThat(one.devices).isEmpty();
  }

  @Test
  void onIdleMeansWhenTheLastFileIsClosed() {
    policy(SwapPolicy.ON_IDLE);
    swap.come(two);
    assertThat(two.devices).containsKey("c").doesNotContainKey("a");
    rig.client.close();
    while (!two.devices.containsKey("a") || !one.devices.isEmpty()) {
      SwapRig.sleep(2);
    }
  }

  @Test
  void anOverrideIsTheBestBidAndTakingItBackTakesTheSwapBack() {
    policy(SwapPolicy.ALWAYS);
    HandingDriver other = new HandingDriver("other", 5);
    other.bid = 0;
    swap.come(other);
    swap.write(3, 42);
    rig.registry.admin().setOverride("a", "other");
    assertThat(other.devices).containsOnlyKeys("a");
    assertThat(swap.read(3)).isEqualTo(42);
    rig.registry.admin().setOverride("a", "");
    assertThat(one.devices).containsKey("a");
    assertThat(swap.read(3)).isEqualTo(42);
  }

  private void policy(SwapPolicy policy) {
    SwapSettings now = swap.admin.settings();
    swap.admin.settings(now.withPolicy(policy));
  }
}

package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.DeviceView.State;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.iommu.IommuGroup;
import busbar.api.memory.MemoryFaultException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The request loop; expected values as recorded in traces 160, 162 and 166. */
@Timeout(20)
class RemovalTest {
  private final Rig rig = new Rig();
  private final VfioAdmin admin = rig.registry.admin();
  private final Rig.Opened opened = rig.openA();

  @AfterEach
  void close() {
    rig.close();
    rig.assertNoViolation();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(1);
    }
  }

  private List<String> requests() {
    return rig.driver.diary.stream().filter(entry -> entry.startsWith("request")).toList();
  }

  @Test
  void anUnbindAsksAtOnceAndEveryTenSecondsUntilTheUserLetsGo() throws Exception {
    Thread unbind = Thread.ofPlatform().start(() -> admin.unbind("a"));
    await(() -> requests().equals(List.of("request a 0")));
    assertThat(admin.device("a").state()).isEqualTo(State.REMOVING);
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(9_999));
    Thread.sleep(20);
    assertThat(requests()).hasSize(1);
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(1));
    await(() -> requests().size() == 2);
    rig.timing.advance(TimeUnit.SECONDS.toNanos(10));
    await(() -> requests().equals(List.of("request a 0", "request a 1", "request a 2")));
    assertThat(unbind.isAlive()).isTrue();
    assertThat(rig.reset(opened.device())).as("the device still works").isZero();
    rig.client.close(opened.device());
    unbind.join();
    assertThat(admin.device("a").driver()).isEmpty();
    assertThat(rig.driver.diary).endsWith("release a", "remove a");
    assertThat(Rig.errno(() -> rig.status(opened.group()))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> rig.device(opened.group(), "a"))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> rig.unsetContainer(opened.group()))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> rig.client.openGroup(1))).isEqualTo(Errno.ENOENT);
    admin.bind("a", "fake");
    rig.client.openGroup(1);
  }

  @Test
  void aDeviceThatIsBeingRemovedCannotBeOpenedAgain() throws Exception {
    Thread unbind = Thread.ofPlatform().start(() -> admin.unbind("a"));
    await(() -> !requests().isEmpty());
    assertThat(Rig.errno(() -> rig.device(opened.group(), "a"))).isEqualTo(Errno.ENODEV);
    rig.client.close(opened.device());
    unbind.join();
  }

  @Test
  void anInterruptedUnbindFailsAndTheRemovalGoesOn() throws Exception {
    AtomicReference<Errno> errno = new AtomicReference<>();
    Thread unbind =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    admin.unbind("a");
                  } catch (VfioException e) {
                    errno.set(e.errno());
                  }
                });
    await(() -> !requests().isEmpty());
    unbind.interrupt();
    unbind.join();
    assertThat(errno).hasValue(Errno.EINTR);
    assertThat(admin.device("a").state()).isEqualTo(State.REMOVING);
    rig.client.close(opened.device());
    await(() -> admin.device("a").state() == State.UNBOUND);
    assertThat(rig.driver.diary).endsWith("remove a");
  }

  @Test
  void aMappingKeepsTheDeviceFromGoing() throws Exception {
    Mapping mapping = rig.client.mmap(opened.device(), MmapRequest.shared(0, 4096));
    Thread unbind = Thread.ofPlatform().start(() -> admin.unbind("a"));
    await(() -> !requests().isEmpty());
    rig.client.close(opened.device());
    mapping.store(3, 1, 9);
    assertThat(mapping.load(3, 1)).isEqualTo(9);
    Thread.sleep(20);
    assertThat(unbind.isAlive()).isTrue();
    mapping.unmap();
    unbind.join();
  }

  @Test
  void aBusThatRemovesADeviceWaitsForItsUser() throws Exception {
    Thread removal = Thread.ofPlatform().start(() -> rig.bus.remove(rig.a));
    await(() -> !requests().isEmpty());
    removal.interrupt();
    Thread.sleep(20);
    assertThat(removal.isAlive()).as("nothing but the user ends it").isTrue();
    rig.client.close(opened.device());
    removal.join();
    assertThat(Rig.errno(() -> admin.device("a"))).isEqualTo(Errno.ENODEV);
    assertThat(rig.driver.diary).endsWith("release a", "remove a");
  }

  @Test
  void aDeviceThatVanishesIsDeadAtOnce() {
    Mapping mapping = rig.client.mmap(opened.device(), MmapRequest.shared(0, 4096));
    assertThat(mapping.load(0, 1)).isZero();
    rig.bus.pull(rig.a);
    assertThat(rig.driver.diary).endsWith("release a", "remove a");
    assertThat(Rig.errno(() -> rig.reset(opened.device()))).isEqualTo(Errno.ENODEV);
    assertThat(catchThrowableOfType(MemoryFaultException.class, () -> mapping.load(0, 1)).signal())
        .isEqualTo(MemoryFaultException.Signal.SIGBUS);
    assertThat(Rig.errno(() -> rig.device(opened.group(), "a"))).isEqualTo(Errno.ENODEV);
    assertThat(rig.status(opened.group())).as("the group stays while files are open").isEqualTo(3);
    rig.client.close(opened.device());
    mapping.unmap();
    assertThat(Rig.errno(() -> rig.status(opened.group()))).isEqualTo(Errno.ENODEV);
    rig.bus.plug("a", rig.group1);
    assertThat(admin.device("a").driver()).contains("fake");
  }

  @Test
  void aDeviceThatVanishesDuringARemovalEndsItWithTheLastFile() throws Exception {
    Thread unbind = Thread.ofPlatform().start(() -> admin.unbind("a"));
    await(() -> !requests().isEmpty());
    rig.bus.pull(rig.a);
    assertThat(Rig.errno(() -> rig.reset(opened.device()))).isEqualTo(Errno.ENODEV);
    rig.client.close(opened.device());
    unbind.join();
    assertThat(rig.driver.diary).endsWith("release a", "remove a");
    assertThat(rig.driver.diary.stream().filter("remove a"::equals)).hasSize(1);
  }

  @Test
  void aDriverThatGoesWhileItsDeviceIsOpenLetsGoAndItsSuccessorTakesTheDevice() {
    rig.registry.removeDriver(rig.driver);
    assertThat(requests()).containsExactly("request a 0");
    assertThat(rig.driver.diary).contains("release a", "remove a", "remove b0", "remove c");
    assertThat(Rig.errno(() -> rig.reset(opened.device()))).isEqualTo(Errno.ENODEV);
    assertThat(admin.device("a").state()).isEqualTo(State.BROKEN);
    FakeDriver updated = new FakeDriver("fake", "fake", 1);
    rig.registry.addDriver(updated, 0);
    assertThat(updated.devices).containsOnlyKeys("a", "b0", "b1", "c");
    int again = rig.device(opened.group(), "a");
    assertThat(rig.reset(again)).isZero();
    assertThat(Rig.errno(() -> rig.reset(opened.device())))
        .as("the old file stays dead")
        .isEqualTo(Errno.ENODEV);
    rig.client.close(opened.device());
    assertThat(rig.reset(again)).isZero();
    rig.client.close(again);
    assertThat(updated.violations).isEmpty();
    assertThat(updated.diary).endsWith("release a");
  }

  @Test
  void aBackendThatGoesLeavesTheContainerWithoutMappingsUntilItChoosesAgain() {
    rig.registry.removeBackend(rig.backend);
    assertThat(rig.backend.diary).endsWith("fake-backend detach 1", "fake-backend release");
    assertThat(Rig.errno(() -> rig.ping(opened.container()))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> rig.setIommu(opened.container(), Rig.TYPE))).isEqualTo(Errno.ENODEV);
    assertThat(rig.reset(opened.device())).as("the device itself works").isZero();
    assertThat(rig.group1.owner).isEqualTo(IommuGroup.Owner.USER);
    rig.registry.addBackend(rig.backend, 0);
    assertThat(Rig.errno(() -> rig.ping(opened.container()))).isEqualTo(Errno.ENODEV);
    rig.setIommu(opened.container(), Rig.TYPE);
    assertThat(rig.ping(opened.container())).isEqualTo(7);
    rig.registry.removeBackend(rig.backend);
    rig.client.close(opened.device());
    rig.unsetContainer(opened.group());
    assertThat(rig.group1.owner).isEqualTo(IommuGroup.Owner.HOST);
  }

  @Test
  void aDriverThatHangsInAnOperationIsLeftBehindByItsRemoval() throws Exception {
    CountDownLatch hang = new CountDownLatch(1);
    rig.driver.onIoctl =
        data -> {
          try {
            hang.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    Thread operation = Thread.ofPlatform().start(() -> rig.reset(opened.device()));
    await(() -> operation.getState() == Thread.State.WAITING);
    rig.registry.removeDriver(rig.driver);
    assertThat(rig.driver.diary).contains("remove b0").doesNotContain("release a", "remove a");
    assertThat(Rig.errno(() -> rig.reset(opened.device()))).isEqualTo(Errno.ENODEV);
    hang.countDown();
    operation.join();
    assertThat(rig.driver.diary).containsSubsequence("release a", "remove a");
  }

  @Test
  void aDriverThatHangsInItsOpenIsLeftBehindAndTheFileIsDead() throws Exception {
    rig.client.close(opened.device());
    CountDownLatch hang = new CountDownLatch(1);
    CountDownLatch opening = new CountDownLatch(1);
    rig.driver.onOpen =
        data -> {
          opening.countDown();
          try {
            hang.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    AtomicReference<Integer> device = new AtomicReference<>();
    Thread open = Thread.ofPlatform().start(() -> device.set(rig.device(opened.group(), "a")));
    opening.await();
    rig.registry.removeDriver(rig.driver);
    assertThat(rig.driver.diary).contains("remove b0").doesNotContain("remove a");
    hang.countDown();
    open.join();
    await(() -> rig.driver.diary.contains("remove a"));
    assertThat(rig.driver.diary).containsSubsequence("open a", "release a", "remove a");
    assertThat(Rig.errno(() -> rig.reset(device.get()))).isEqualTo(Errno.ENODEV);
    rig.client.close(device.get());
  }
}

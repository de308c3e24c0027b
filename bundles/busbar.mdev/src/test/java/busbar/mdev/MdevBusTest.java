package busbar.mdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.device.DmaUnmapOps;
import busbar.api.device.MigrationOps;
import busbar.api.device.VfioBusDriver;
import busbar.api.mdev.MdevAdmin.ChildView;
import busbar.api.mdev.MdevAdmin.TypeView;
import busbar.api.mdev.MdevType;
import busbar.api.time.VirtualTiming;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class MdevBusTest {
  private static final String ONE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  private static final String TWO = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";

  private final VirtualTiming timing = new VirtualTiming();
  private final FakeCore core = new FakeCore();
  private final MdevBus bus = new MdevBus(core, timing, 10_000);
  private final FakeParent parent = new FakeParent(2);

  private void start() {
    bus.addListener(core);
    bus.addParent(parent, Map.of("service.ranking", 7));
  }

  static Errno errnoOf(ThrowingCallable call) {
    VfioException failure = catchThrowableOfType(VfioException.class, call);
    return failure == null ? null : failure.errno();
  }

  @Test
  void aChildIsOnTheBusAndBoundWhenItIsMade() {
    start();
    bus.create("fake", "fake-large", ONE);
    assertThat(bus.children()).containsExactly(new ChildView(ONE, "fake", "fake-large"));
    assertThat(core.isBound(ONE)).isTrue();
    BusDevice device = bus.devices().getFirst();
    assertThat(device.bus()).isEqualTo("mdev").isEqualTo(bus.name());
    assertThat(device.isEmulated()).isTrue();
    assertThat(device.iommuGroup()).isEmpty();
    assertThat(device.summary()).contains("fake-large", "Large");
    bus.remove(ONE);
    assertThat(bus.devices()).isEmpty();
    assertThat(parent.live).isEmpty();
  }

  @Test
  void theDriverOfTheChildrenHasTheParentsName() {
    start();
    assertThat(core.drivers).singleElement().extracting(VfioBusDriver::name).isEqualTo("fake");
    assertThat(core.drivers.getFirst().bus()).isEqualTo("mdev");
    assertThat(core.driverProperties.get("fake"))
        .containsEntry("vfio.bus", "mdev")
        .containsEntry("vfio.match", "fake-small, fake-large")
        .containsEntry("service.ranking", 7);
  }

  @Test
  void theDriverHasTheCapabilitiesOfItsParentAndNoOther() {
    FakeParent.WithUnmaps able = new FakeParent.WithUnmaps();
    bus.addParent(able, Map.of());
    VfioBusDriver<?> driver = core.drivers.getFirst();
    assertThat(driver.capability(DmaUnmapOps.class)).contains(able);
    assertThat(driver.capability(MigrationOps.class)).isEmpty();
    assertThat(driver).isNotInstanceOf(DmaUnmapOps.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not-a-uuid",
        "83b8f4f2-509f-382f-3c1e-e6bfe0fa100",
        "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\n\n",
        "83b8f4f2-509f-382f-3c1e-e6bfe0fa100g",
        "83b8f4f2509f-382f-3c1e-e6bfe0fa1001-",
        ""
      })
  void whatIsNoUuidIsRefused(String text) {
    start();
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", text))).isEqualTo(Errno.EINVAL);
    assertThat(bus.devices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\n",
        "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001x",
        "83B8F4F2-509F-382F-3C1E-E6BFE0FA1001"
      })
  void oneMoreCharacterAndCapitalsAreAllowed(String text) {
    start();
    bus.create("fake", "fake-small", text);
    assertThat(bus.devices()).extracting(BusDevice::name).containsExactly(ONE);
  }

  @Test
  void unknownParentsAndTypesComeBeforeABadUuid() {
    start();
    assertThat(errnoOf(() -> bus.create("other", "fake-small", "x"))).isEqualTo(Errno.ENOENT);
    assertThat(errnoOf(() -> bus.create("fake", "fake-huge", "x"))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void aTakenUuidComesBeforeTheLimitAndTheLimitBeforeTheParent() {
    start();
    bus.create("fake", "fake-small", ONE);
    bus.create("fake", "fake-large", TWO);
    parent.refusal = Errno.EIO;
    String third = ONE.replace('8', '9');
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", ONE))).isEqualTo(Errno.EEXIST);
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", third))).isEqualTo(Errno.EUSERS);
    bus.remove(TWO);
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", third))).isEqualTo(Errno.EIO);
  }

  @Test
  void whatTheParentRefusesLeavesNothingBehind() {
    start();
    parent.refusal = Errno.ENOSPC;
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", ONE))).isEqualTo(Errno.ENOSPC);
    parent.refusal = null;
    parent.fails = true;
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", ONE))).isEqualTo(Errno.EIO);
    parent.fails = false;
    assertThat(bus.devices()).isEmpty();
    assertThat(core.known).isEmpty();
    assertThat(bus.types()).extracting(TypeView::availableInstances).containsOnly(2);
    bus.create("fake", "fake-small", ONE);
  }

  @Test
  void typesShowWhatIsLeft() {
    start();
    FakeParent counting = new FakeParent("counts", 0);
    counting.types = List.of(new MdevType("counts-1", "One", ""));
    bus.addParent(counting, Map.of());
    bus.create("fake", "fake-small", ONE);
    bus.create("counts", "counts-1", TWO);
    assertThat(bus.types())
        .extracting(view -> view.type().name() + " " + view.availableInstances())
        .containsExactly("counts-1 99", "fake-small 1", "fake-large 1");
    TypeView view = bus.types().getFirst();
    assertThat(view.parentPath()).isEqualTo("class/counts/counts");
    assertThat(view.deviceApi()).isEqualTo("vfio-pci");
  }

  @Test
  void aChildMadeBeforeTheCoreCameIsBoundWhenItComes() {
    bus.addParent(parent, Map.of());
    bus.create("fake", "fake-small", ONE);
    assertThat(core.isBound(ONE)).isFalse();
    bus.addListener(core);
    assertThat(core.isBound(ONE)).isTrue();
  }

  @Test
  void removalWaitsForTheUserAndIsDoneOnce() throws Exception {
    start();
    bus.create("fake", "fake-small", ONE);
    CountDownLatch user = new CountDownLatch(1);
    core.open.put(ONE, user);
    Thread removal = Thread.ofVirtual().start(() -> bus.remove(ONE));
    waitUntilRemoving(ONE);
    assertThat(errnoOf(() -> bus.remove(ONE))).isEqualTo(Errno.EAGAIN);
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", ONE))).isEqualTo(Errno.EEXIST);
    bus.create("fake", "fake-small", TWO);
    bus.remove(TWO);
    user.countDown();
    assertThat(removal.join(Duration.ofSeconds(20))).isTrue();
    assertThat(errnoOf(() -> bus.remove(ONE))).isEqualTo(Errno.ENODEV);
    assertThat(bus.devices()).isEmpty();
  }

  private void waitUntilRemoving(String uuid) throws InterruptedException {
    while (errnoOf(() -> bus.create("fake", "fake-small", uuid)) != Errno.EEXIST
        || ((MdevDevice) bus.devices().getFirst()).life != MdevDevice.Life.REMOVING) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void aParentThatLeavesOutWhatItHasToSayIsRefused() {
    bus.addListener(core);
    FakeParent twice = new FakeParent(0);
    twice.types = List.of(FakeParent.SMALL, FakeParent.SMALL);
    FakeParent foreign = new FakeParent("other", 0);
    FakeParent empty = new FakeParent(0);
    empty.types = List.of();
    for (FakeParent wrong : List.of(twice, foreign, empty, new FakeParent("", 0))) {
      bus.addParent(wrong, Map.of());
    }
    assertThat(core.drivers).isEmpty();
    assertThat(bus.types()).isEmpty();
  }
}

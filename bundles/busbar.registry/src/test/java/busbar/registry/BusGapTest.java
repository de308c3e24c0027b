package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusHandoverOps;
import busbar.api.bus.BusListener;
import busbar.api.state.StateRecord;
import busbar.api.swap.SwapRecord.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A bus whose devices are made by software is replaced while one of them is open. */
@Timeout(30)
class BusGapTest {
  private final SwapRig swap = new SwapRig();
  private final Rig rig = swap.rig;
  private final SoftBus before = new SoftBus();

  BusGapTest() {
    before.plug("soft0", rig.iommu.group(8));
    before.plug("soft1", rig.iommu.group(9));
  }

  @AfterEach
  void close() {
    swap.close();
  }

  /** A bus that tells which devices it has. */
  private static final class SoftBus implements Bus, BusHandoverOps {
    private final FakeBus inner = new FakeBus("fake");
    private final List<BusListener> listeners = new ArrayList<>();

    FakeBus.FakeDevice plug(String name, FakeIommu.FakeGroup group) {
      return inner.plug(name, group);
    }

    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public List<BusDevice> devices() {
      return inner.devices();
    }

    @Override
    public void addListener(BusListener listener) {
      listeners.add(listener);
      inner.addListener(listener);
    }

    @Override
    public void removeListener(BusListener listener) {
      listeners.remove(listener);
      inner.removeListener(listener);
    }

    @Override
    public String stateKind() {
      return "soft";
    }

    @Override
    public StateRecord saveDevices() {
      return new StateRecord("soft", 1, Map.of("devices", List.copyOf(devices())));
    }

    @Override
    public void restoreDevices(StateRecord state) {
      for (BusDevice device : state.list("devices", BusDevice.class)) {
        inner.plug(device.name(), (FakeIommu.FakeGroup) device.iommuGroup().orElseThrow());
      }
    }
  }

  private int open() {
    int container = rig.client.openContainer();
    int group = rig.client.openGroup(8);
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    return rig.device(group, "soft0");
  }

  @Test
  void theFileStaysAndTheNextDriverTakesTheDeviceOfTheNextBus() throws Exception {
    rig.registry.addBus(before);
    int device = open();
    rig.registry.removeBus(before);
    assertThat(rig.reset(device)).as("its driver is there still").isZero();
    assertThat(rig.registry.admin().devices())
        .extracting(view -> view.name())
        .contains("soft0")
        .doesNotContain("soft1");
    swap.go(swap.one);
    SwapRig.Waiter reset = swap.waiter(() -> rig.reset(device));
    HandingDriver two = swap.come(new HandingDriver(2));
    assertThat(reset.isWaiting()).as("there is no bus").isTrue();
    SoftBus after = new SoftBus();
    rig.registry.addBus(after);
    reset.join();
    assertThat(reset.failure).isNull();
    assertThat(two.protocol).contains("restore soft0");
    assertThat(two.devices.get("soft0").device).isSameAs(find(after, "soft0"));
    assertThat(two.devices).containsKey("soft1");
    assertThat(rig.timing.pending()).isEmpty();
    // and it goes as others do
    after.inner.pull(find(after, "soft0"));
    assertThat(Rig.errno(() -> rig.reset(device))).isEqualTo(Errno.ENODEV);
  }

  private static BusDevice find(SoftBus bus, String name) {
    return bus.devices().stream().filter(d -> d.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void withoutASuccessorTheDeviceIsGone() {
    rig.registry.addBus(before);
    int device = open();
    rig.registry.removeBus(before);
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(SwapRig.GRACE_MILLIS));
    assertThat(Rig.errno(() -> rig.reset(device))).isEqualTo(Errno.ENODEV);
    assertThat(rig.registry.admin().devices())
        .extracting(view -> view.name())
        .doesNotContain("soft0");
    assertThat(swap.one.devices).doesNotContainKey("soft0");
  }

  @Test
  void aDeviceThatIsHeldAsWellIsLostWithItsBus() {
    rig.registry.addBus(before);
    int device = open();
    rig.registry.removeBus(before);
    swap.go(swap.one);
    rig.timing.advance(TimeUnit.MILLISECONDS.toNanos(SwapRig.GRACE_MILLIS));
    assertThat(Rig.errno(() -> rig.reset(device))).isEqualTo(Errno.ENODEV);
    assertThat(swap.admin.history())
        .anyMatch(r -> r.target().equals("soft0") && r.result() == Result.LOST);
    assertThat(rig.timing.pending()).isEmpty();
  }

  @Test
  void aBusWithoutUsersLeavesNothingBehind() {
    rig.registry.addBus(before);
    rig.registry.removeBus(before);
    assertThat(rig.registry.admin().devices())
        .extracting(view -> view.name())
        .doesNotContain("soft0", "soft1");
    assertThat(rig.timing.pending()).isEmpty();
  }

  @Test
  void whenEverythingStopsNoDeviceWaits() {
    rig.registry.addBus(before);
    int device = open();
    rig.registry.removeBus(before);
    rig.registry.close();
    assertThat(Rig.errno(() -> rig.reset(device))).isIn(Errno.ENODEV, Errno.EBADF);
  }
}

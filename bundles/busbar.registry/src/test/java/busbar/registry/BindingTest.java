package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import busbar.api.Errno;
import busbar.api.admin.DeviceView.State;
import busbar.api.admin.Explanation.Verdict;
import busbar.api.admin.VfioAdmin;
import busbar.api.bus.HostDriver.DmaUse;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which driver gets a device; expected values as recorded in traces 031, 032, 036 and 037. */
class BindingTest {
  private final Rig rig = new Rig();
  private final VfioAdmin admin = rig.registry.admin();

  @AfterEach
  void close() {
    rig.close();
    rig.assertNoViolation();
  }

  private Optional<String> driverOf(String device) {
    return admin.device(device).driver();
  }

  private void override(String device, String driver) {
    admin.setOverride(device, driver);
    admin.bind(device, driver);
  }

  @Test
  void bindingByHandChecksDriverThenMatchThenWhetherItIsBound() {
    assertThat(driverOf("a")).contains("fake");
    assertThat(Rig.errno(() -> admin.bind("nobody", "fake"))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> admin.bind("a", "nosuchdriver"))).isEqualTo(Errno.ENOENT);
    assertThat(Rig.errno(() -> admin.bind("a", "fake"))).isEqualTo(Errno.EBUSY);
    admin.unbind("a");
    assertThat(Rig.errno(() -> admin.unbind("a"))).isEqualTo(Errno.ENOENT);
    admin.bind("a", "fake");
    admin.setOverride("a", "other");
    assertThat(Rig.errno(() -> admin.bind("a", "fake")))
        .as("a match comes before being bound")
        .isEqualTo(Errno.ENODEV);
    admin.unbind("a");
    assertThat(Rig.errno(() -> admin.bind("a", "fake"))).isEqualTo(Errno.ENODEV);
    admin.setOverride("a", "fake");
    admin.probe("a");
    assertThat(driverOf("a")).contains("fake");
    assertThat(admin.device("a").override()).contains("fake");
  }

  @Test
  void aDriverThatBidsNothingTakesWhatAnOverrideGivesIt() {
    FakeDriver generic = new FakeDriver("generic", "fake", 0);
    rig.registry.addDriver(generic, 100);
    admin.unbind("a");
    assertThat(Rig.errno(() -> admin.bind("a", "generic"))).isEqualTo(Errno.ENODEV);
    override("a", "generic");
    assertThat(driverOf("a")).contains("generic");
    admin.setOverride("a", "");
    assertThat(admin.device("a").override()).isEmpty();
  }

  @Test
  void theHighestBidWinsThenRankingThenAge() {
    rig.registry.removeDriver(rig.driver);
    FakeDriver low = new FakeDriver("low", "fake", 1);
    FakeDriver high = new FakeDriver("high", "fake", 7);
    FakeDriver ranked = new FakeDriver("ranked", "fake", 7);
    admin.devices().forEach(device -> admin.setOverride(device.name(), "nobody"));
    rig.registry.addDriver(low, 0);
    rig.registry.addDriver(high, 0);
    rig.registry.addDriver(new FakeDriver("younger", "fake", 7), 0);
    admin.setOverride("a", "");
    admin.probe("a");
    assertThat(driverOf("a")).contains("high");
    rig.registry.addDriver(ranked, 1);
    admin.setOverride("b0", "");
    admin.probe("b0");
    assertThat(driverOf("b0")).contains("ranked");
    assertThat(admin.explain("b0").findings())
        .anyMatch(
            finding -> finding.asked().equals("driver low") && finding.because().contains("1"))
        .anyMatch(
            finding -> finding.asked().equals("driver ranked") && finding.verdict() == Verdict.YES);
  }

  @Test
  void aRefusedProbeLeavesTheDeviceUnboundWithItsErrno() {
    admin.unbind("a");
    rig.driver.probeError = Errno.EINVAL;
    assertThat(Rig.errno(() -> admin.bind("a", "fake"))).isEqualTo(Errno.EINVAL);
    assertThat(admin.device("a").state()).isEqualTo(State.UNBOUND);
    assertThat(admin.device("a").because()).contains("refuses a");
    admin.probe("a");
    assertThat(driverOf("a")).isEmpty();
    rig.driver.probeError = null;
    admin.probe("a");
    assertThat(driverOf("a")).contains("fake");
  }

  @Test
  void aGroupComesAndGoesWithItsDevices() {
    assertThat(admin.groups()).extracting(group -> group.node()).containsExactly("1", "2", "3");
    admin.unbind("b0");
    assertThat(admin.groups()).hasSize(3);
    admin.unbind("b1");
    assertThat(admin.groups()).extracting(group -> group.node()).containsExactly("1", "3");
    assertThat(Rig.errno(() -> rig.client.openGroup(2))).isEqualTo(Errno.ENOENT);
    admin.bind("b1", "fake");
    int group = rig.client.openGroup(2);
    admin.unbind("b1");
    assertThat(Rig.errno(() -> rig.status(group))).isEqualTo(Errno.ENODEV);
    int container = rig.client.openContainer();
    assertThat(Rig.errno(() -> rig.setContainer(group, container))).isEqualTo(Errno.ENODEV);
    assertThat(Rig.errno(() -> rig.device(group, "b1"))).isEqualTo(Errno.ENODEV);
    admin.bind("b1", "fake");
    assertThat(Rig.errno(() -> rig.device(group, "b1")))
        .as("the old file stays dead")
        .isEqualTo(Errno.ENODEV);
    assertThat(rig.client.openGroup(2)).isNotNegative();
  }

  @Test
  void aHostDriverMakesItsGroupUnusableAndIsNamed() {
    rig.registry.addHostDriver(new FakeHostDriver("e1000e", "fake", DmaUse.OWNS, null));
    admin.unbind("b1");
    override("b1", "e1000e");
    assertThat(admin.device("b1").state()).isEqualTo(State.HOST);
    int group = rig.client.openGroup(2);
    int container = rig.client.openContainer();
    assertThat(rig.status(group)).isZero();
    assertThat(catchThrowable(() -> rig.setContainer(group, container)))
        .hasMessageContaining("EPERM")
        .hasMessageContaining("b1 is bound to e1000e");
    assertThat(admin.groups().get(1).because()).contains("b1 is bound to e1000e");
    admin.unbind("b1");
    assertThat(rig.status(group)).isEqualTo(1);
    rig.setContainer(group, container);
    assertThat(rig.status(group)).isEqualTo(3);
    assertThat(Rig.errno(() -> admin.bind("b1", "e1000e"))).isEqualTo(Errno.EBUSY);
    assertThat(driverOf("b1")).isEmpty();
    override("b1", "fake");
    rig.setIommu(container, Rig.TYPE);
    assertThat(rig.device(group, "b1")).isNotNegative();
  }

  @Test
  void aHostDriverThatDoesNoDmaIsNoObstacle() {
    rig.registry.addHostDriver(new FakeHostDriver("pcieport", "fake", DmaUse.MANAGES_ITSELF, null));
    admin.unbind("b1");
    override("b1", "pcieport");
    int group = rig.client.openGroup(2);
    assertThat(rig.status(group)).isEqualTo(1);
    rig.setContainer(group, rig.client.openContainer());
  }

  @Test
  void anUnboundSiblingCannotBeOpenedButIsNoObstacle() {
    admin.unbind("b1");
    int group = rig.client.openGroup(2);
    int container = rig.client.openContainer();
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    rig.device(group, "b0");
    assertThat(Rig.errno(() -> rig.device(group, "b1"))).isEqualTo(Errno.ENODEV);
    override("b1", "fake");
    assertThat(rig.device(group, "b1")).isNotNegative();
  }

  @Test
  void hostDriversTakeAtStartOnlyWhatTheySay() {
    try (Rig other = new Rig()) {
      other.registry.removeDriver(other.driver);
      other.registry.addHostDriver(new FakeHostDriver("port", "fake", DmaUse.MANAGES_ITSELF, "c"));
      assertThat(other.registry.admin().device("c").driver()).contains("port");
      assertThat(other.registry.admin().device("a").driver()).isEmpty();
      other.registry.admin().probe("a");
      assertThat(other.registry.admin().device("a").driver()).contains("port");
    }
  }

  @Test
  void thePreferredDriverIsTheFirstOverrideAndMayComeLater() {
    rig.bus.plug("d", rig.iommu.group(4), "special");
    assertThat(admin.device("d").override()).contains("special");
    assertThat(driverOf("d")).isEmpty();
    rig.registry.addDriver(new FakeDriver("special", "fake", 0), 0);
    assertThat(driverOf("d")).contains("special");
  }

  @Test
  void aDeviceUnboundByHandStaysUnboundWhenDriversCome() {
    admin.unbind("a");
    rig.registry.addDriver(new FakeDriver("late", "fake", 9), 0);
    assertThat(driverOf("a")).isEmpty();
    assertThat(admin.device("a").because()).contains("by hand");
  }

  @Test
  void aDriverThatComesBackGetsItsDevicesAndTheOverridesStay() {
    rig.registry.addDriver(new FakeDriver("other", "fake", 5), 0);
    admin.setOverride("c", "fake");
    rig.registry.removeDriver(rig.driver);
    assertThat(driverOf("c")).isEmpty();
    assertThat(admin.device("c").state()).isEqualTo(State.BROKEN);
    assertThat(driverOf("a")).as("the better bid takes what is free").contains("other");
    FakeDriver updated = new FakeDriver("fake", "fake", 1);
    rig.registry.addDriver(updated, 0);
    assertThat(driverOf("c")).contains("fake");
    assertThat(updated.devices).containsOnlyKeys("c");
    assertThat(admin.device("c").override()).contains("fake");
    assertThat(admin.drivers())
        .anyMatch(view -> view.name().equals("fake") && view.devices().contains("c"));
  }

  @Test
  void idsAreForDriversOfThePciBus() {
    assertThat(Rig.errno(() -> admin.addId("nosuch", "1b36 0005"))).isEqualTo(Errno.ENOENT);
    assertThat(Rig.errno(() -> admin.addId("fake", "1b36 0005"))).isEqualTo(Errno.ENOENT);
    FakeDriver pci = new FakeDriver("vfio-pci", "pci", 0);
    rig.registry.addDriver(pci, 0);
    admin.addId("vfio-pci", "1b36 0005");
    assertThat(Rig.errno(() -> admin.addId("vfio-pci", "0x1B36 5"))).isEqualTo(Errno.EEXIST);
    assertThat(Rig.errno(() -> admin.addId("vfio-pci", "1b36"))).isEqualTo(Errno.EINVAL);
    assertThat(Rig.errno(() -> admin.addId("vfio-pci", "1b36 zz"))).isEqualTo(Errno.EINVAL);
    assertThat(admin.drivers())
        .anyMatch(view -> view.ids().contains("1b36 0005") && view.name().equals("vfio-pci"));
    admin.removeId("vfio-pci", "1b36 0005");
    assertThat(Rig.errno(() -> admin.removeId("vfio-pci", "1b36 0005"))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void aBusThatGoesTakesItsDevicesWithIt() {
    int device = rig.openA().device();
    rig.registry.removeBus(rig.bus);
    assertThat(admin.devices()).isEmpty();
    assertThat(Rig.errno(() -> rig.reset(device))).isEqualTo(Errno.ENODEV);
    rig.client.close();
    assertThat(admin.groups()).isEmpty();
    rig.registry.addBus(rig.bus);
    assertThat(driverOf("a")).contains("fake");
  }
}

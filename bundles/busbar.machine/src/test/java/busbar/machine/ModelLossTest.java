package busbar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.pci.PciDevice;
import busbar.api.platform.PlatformDevice;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapSettings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Devices of all kinds vanish with their models, leave nothing behind, and come back. */
class ModelLossTest {
  private Rig rig;

  @AfterEach
  void switchOff() {
    rig.close();
  }

  private Rig machine(String description, Rig.Factory models) {
    rig = new Rig(MachineDescription.embedded(description), models);
    rig.machine.settings(new SwapSettings(0, 1000, SwapPolicy.MANUAL));
    return rig;
  }

  private Optional<BusDevice> find(String name) {
    return rig.machine.buses().stream()
        .map(Bus::devices)
        .flatMap(List::stream)
        .filter(each -> each.name().equals(name))
        .findFirst();
  }

  @Test
  void aPlatformDeviceLeavesNoRegistersBehindAndComesBackAtTheSamePlace() {
    Rig.Factory models = new Rig.Factory("arm,pl031");
    machine("virt", models);
    PlatformDevice before = (PlatformDevice) find("9010000.pl031").orElseThrow();
    before.window(0).store(8, 4, 5);
    rig.machine.removeModels(models);
    assertThat(find("9010000.pl031")).isEmpty();
    assertThat(rig.memory.window(0x901_0008L)).isNull();
    assertThat(before.window(0).load(8, 4)).isEqualTo(0xffff_ffffL);

    rig.machine.addModels(new Rig.Factory("arm,pl031"));
    PlatformDevice after = (PlatformDevice) find("9010000.pl031").orElseThrow();
    assertThat(after).isNotSameAs(before);
    assertThat(after.window(0).load(8, 4)).isZero();
    assertThat(rig.memory.window(0x901_0008L)).isNotNull();
  }

  @Test
  void virtualFunctionsVanishWithTheirPhysicalOneAndAreEnabledAnew() {
    String physical = "0000:04:00.0";
    Rig.Factory models = new Rig.Factory("nvme");
    machine("pc", models);
    PciDevice before = (PciDevice) find(physical).orElseThrow();
    before.sriov().orElseThrow().enable(1);
    String virtual = before.sriov().orElseThrow().virtualFunctions().getFirst().name();
    assertThat(find(virtual)).isPresent();
    int groups = rig.machine.iommus().getFirst().groups().size();
    rig.machine.removeModels(models);
    assertThat(find(physical)).isEmpty();
    assertThat(find(virtual)).isEmpty();

    rig.machine.addModels(new Rig.Factory("nvme"));
    PciDevice after = (PciDevice) find(physical).orElseThrow();
    assertThat(find(virtual)).isEmpty();
    assertThat(after.sriov().orElseThrow().numVfs()).isZero();
    after.sriov().orElseThrow().enable(1);
    assertThat(find(virtual)).isPresent();
    assertThat(rig.machine.iommus().getFirst().groups()).hasSize(groups);
  }
}

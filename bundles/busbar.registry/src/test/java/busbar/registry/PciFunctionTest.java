package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.SriovOps;
import busbar.api.pci.PciDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ids of PCI functions and virtual functions, as recorded in traces 037 and 154. */
@Timeout(20)
class PciFunctionTest {
  /** A driver that takes what it is told to and makes virtual functions. */
  private static final class Driver extends FakeDriver implements SriovOps<FakeDriver.Data> {
    Driver() {
      super("vfio-pci", "pci", 0);
    }

    @Override
    public int configureVirtualFunctions(Data device, int count) {
      if (count == 0) {
        ((PciDevice) device.device).sriov().orElseThrow().disable();
      } else {
        ((PciDevice) device.device).sriov().orElseThrow().enable(count);
      }
      return count;
    }
  }

  private final Rig rig = new Rig();
  private final VfioAdmin admin = rig.registry.admin();
  private final FakePciBus bus = new FakePciBus();
  private final Driver driver = new Driver();
  private final FakePciFunction nvme = new FakePciFunction("nvme", rig.iommu, 10, null, 4, bus);
  private final FakePciFunction plain = new FakePciFunction("plain", rig.iommu, 11, null, 0, bus);

  PciFunctionTest() {
    rig.registry.addBus(bus);
    rig.registry.addDriver(driver, 0);
    bus.plug(nvme.device);
    bus.plug(plain.device);
    admin.setOverride("nvme", "vfio-pci");
    admin.bind("nvme", "vfio-pci");
  }

  @AfterEach
  void close() {
    rig.close();
    assertThat(driver.violations).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1b36 0010, true",
    "0x1B36 0x10, true",
    "1b36 0011, false",
    "1b36 ffffffff, true",
    "1b36 0010 1af4 1100, true",
    "1b36 0010 1af4 1101, false",
    "1b36 0010 ffffffff ffffffff 010802 ffffff, true",
    "1b36 0010 ffffffff ffffffff 020000 ff0000, false",
    "1b36 0010 ffffffff ffffffff 018000 ff0000, true"
  })
  void anIdMatchesVendorDeviceSubsystemAndClass(String id, boolean matches) {
    admin.addId("vfio-pci", id);
    assertThat(admin.device("plain").driver().isPresent()).isEqualTo(matches);
  }

  @Test
  void anIdNeitherBeatsAnOverrideNorUnbinds() {
    admin.setOverride("plain", "pci-stub");
    admin.addId("vfio-pci", "1b36 0010");
    assertThat(admin.device("plain").driver()).isEmpty();
    admin.setOverride("plain", "");
    admin.bind("plain", "vfio-pci");
    admin.removeId("vfio-pci", "1b36 0010");
    assertThat(admin.device("plain").driver()).contains("vfio-pci");
    admin.unbind("plain");
    assertThat(Rig.errno(() -> admin.bind("plain", "vfio-pci"))).isEqualTo(Errno.ENODEV);
  }

  @Test
  void anIdOutlivesItsDriver() {
    admin.addId("vfio-pci", "1b36 0010");
    rig.registry.removeDriver(driver);
    assertThat(admin.device("plain").driver()).isEmpty();
    rig.registry.addDriver(driver, 0);
    assertThat(admin.device("plain").driver()).contains("vfio-pci");
  }

  @Test
  void virtualFunctionsBelongToTheDriverOfThePhysicalOne() {
    admin.setVirtualFunctions("nvme", 2);
    assertThat(admin.virtualFunctions("nvme")).isEqualTo(2);
    assertThat(admin.device("nvme-vf0").driver()).contains("vfio-pci");
    assertThat(admin.device("nvme-vf0").override()).contains("vfio-pci");
    assertThat(Rig.errno(() -> admin.bind("nvme-vf0", "vfio-pci"))).isEqualTo(Errno.EBUSY);
    admin.setVirtualFunctions("nvme", 2);
    assertThat(Rig.errno(() -> admin.setVirtualFunctions("nvme", 1))).isEqualTo(Errno.EBUSY);
    assertThat(Rig.errno(() -> admin.setVirtualFunctions("nvme", 5))).isEqualTo(Errno.ERANGE);
    assertThat(Rig.errno(() -> admin.setVirtualFunctions("plain", 1))).isEqualTo(Errno.ENOENT);
    assertThat(Rig.errno(() -> admin.virtualFunctions("plain"))).isEqualTo(Errno.ENOENT);
    admin.setVirtualFunctions("nvme", 0);
    assertThat(Rig.errno(() -> admin.device("nvme-vf0"))).isEqualTo(Errno.ENODEV);
    admin.unbind("nvme");
    assertThat(Rig.errno(() -> admin.setVirtualFunctions("nvme", 1))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void disablingVirtualFunctionsWaitsForTheirUsers() throws Exception {
    admin.setVirtualFunctions("nvme", 1);
    int container = rig.client.openContainer();
    int group = rig.client.openGroup(20);
    rig.setContainer(group, container);
    rig.setIommu(container, Rig.TYPE);
    int device = rig.device(group, "nvme-vf0");
    Thread disabling = Thread.ofPlatform().start(() -> admin.setVirtualFunctions("nvme", 0));
    while (!driver.diary.contains("request nvme-vf0 0")) {
      Thread.sleep(1);
    }
    assertThat(disabling.isAlive()).isTrue();
    rig.client.close(device);
    disabling.join();
    assertThat(admin.virtualFunctions("nvme")).isZero();
    assertThat(Rig.errno(() -> rig.status(group))).isEqualTo(Errno.ENODEV);
  }
}

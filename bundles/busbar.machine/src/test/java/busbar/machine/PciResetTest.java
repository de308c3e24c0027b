package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.ResetMethod;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciDevice.HotReset;
import java.util.List;
import org.junit.jupiter.api.Test;

class PciResetTest {
  private final Rig.Factory factory = new Rig.Factory("edu", "e1000e", "nvme", "pci-testdev");
  private final Rig rig = new Rig(factory);
  private final PciDevice edu = rig.device("0000:00:04.0");
  private final PciDevice nic = rig.device("0000:00:06.0");
  private final PciDevice nvme = rig.device("0000:04:00.0");
  private final PciDevice br0 = rig.device("0000:03:01.0");
  private final PciDevice mf0 = rig.device("0000:01:00.0");

  private int resets(PciDevice device) {
    return factory.made.get(device.name()).resets;
  }

  private static Errno refused(Runnable call) {
    return assertThrows(VfioException.class, call::run).errno();
  }

  private static List<String> scope(PciDevice device) {
    return device.hotResetScope().stream().map(PciDevice::name).toList();
  }

  @Test
  void aFunctionWithoutAMethodCannotBeReset() {
    assertEquals(List.of(), edu.resetMethods());
    assertEquals(Errno.ENOTTY, refused(edu::resetFunction));
    assertEquals(0x0103, edu.readConfig(4, 2));
  }

  @Test
  void functionLevelResetKeepsWhatTheDriverSaved() {
    nvme.writeConfig(4, 2, 6);
    nvme.writeConfig(0x3c, 1, 0x77);
    nvme.bar(0).store(0x14, 4, 1);
    assertEquals(List.of(ResetMethod.FLR, ResetMethod.BUS), nvme.resetMethods());
    nvme.resetFunction();
    assertEquals(1, resets(nvme));
    assertEquals(6, nvme.readConfig(4, 2));
    assertEquals(0x77, nvme.readConfig(0x3c, 1));
    assertEquals(0, nvme.bar(0).load(0x14, 4));
  }

  @Test
  void writingTheFlrBitResetsAndLosesTheAddresses() {
    nvme.writeConfig(0x88, 2, 0x8000);
    assertEquals(1, resets(nvme));
    assertEquals(0, nvme.readConfig(4, 2));
    assertEquals(0x00000004, nvme.readConfig(0x10, 4));
    assertEquals(0, nvme.readConfig(0x88, 2));
  }

  @Test
  void aFunctionWithoutFlrIgnoresTheBit() {
    nic.writeConfig(0xe8, 2, 0x8000);
    assertEquals(0, resets(nic));
  }

  @Test
  void powerManagementResetsTheNic() {
    assertEquals(List.of(ResetMethod.PM), nic.resetMethods());
    nic.resetFunction();
    assertEquals(1, resets(nic));
    assertEquals(0xfeb00000, nic.readConfig(0x10, 4));
    assertEquals(0x0103, nic.readConfig(4, 2));
    assertEquals(0, nic.powerState());
  }

  @Test
  void theBusMethodNeedsTheBusForItself() {
    assertEquals(List.of(ResetMethod.BUS), br0.resetMethods());
    assertEquals(Errno.ENOTTY, refused(br0::resetFunction));
    assertEquals(Errno.ENOTTY, refused(mf0::resetFunction));
    assertEquals(0, resets(br0));
  }

  @Test
  void theRootBusHasNoHotReset() {
    assertEquals(HotReset.NONE, edu.hotReset());
    assertEquals(List.of(), scope(edu));
    assertEquals(Errno.ENOTTY, refused(edu::resetBus));
  }

  @Test
  void aHotResetReachesAllFunctionsBelowTheBridge() {
    assertEquals(HotReset.BUS, br0.hotReset());
    assertEquals(List.of("0000:03:01.0", "0000:03:02.0"), scope(br0));
    br0.bar(0).store(0, 4, 9);
    br0.resetBus();
    assertEquals(1, resets(br0));
    assertEquals(1, resets(rig.device("0000:03:02.0")));
    assertEquals(0x0103, br0.readConfig(4, 2));
    assertEquals(0, br0.bar(0).load(0, 4));
    assertEquals(
        List.of("0000:02:00.0", "0000:03:01.0", "0000:03:02.0"), scope(rig.device("0000:02:00.0")));
  }

  @Test
  void aPortWhoseLinkDoesNotReportItselfActiveFailsAfterTheReset() {
    assertEquals(HotReset.SLOT, nvme.hotReset());
    assertEquals(List.of("0000:04:00.0"), scope(nvme));
    assertEquals(List.of("0000:01:00.0", "0000:01:00.1"), scope(mf0));
    nvme.writeConfig(4, 2, 6);
    assertEquals(Errno.ENOTTY, refused(nvme::resetBus));
    assertEquals(1, resets(nvme));
    assertEquals(6, nvme.readConfig(4, 2));
    assertEquals(0xfe600004, nvme.readConfig(0x10, 4));
  }

  @Test
  void theSecondaryBusResetBitResetsAllBelow() {
    PciDevice bridge = rig.device("0000:02:00.0");
    bridge.writeConfig(0x3e, 2, 0x40);
    assertEquals(0xffff_ffffL, br0.bar(0).load(0, 4), "held in reset");
    bridge.writeConfig(0x3e, 2, 0);
    assertEquals(1, resets(br0));
    assertEquals(0, br0.readConfig(4, 2));
  }
}

package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.bus.BusDevice;
import busbar.api.pci.PciDevice;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Configuration space of the recorded PC's devices; values from recordings of the same hardware.
 */
class PciConfigTest {
  private final Rig rig = new Rig();
  private final PciDevice edu = rig.device("0000:00:04.0");
  private final PciDevice nic = rig.device("0000:00:06.0");
  private final PciDevice nic2 = rig.device("0000:05:00.0");
  private final PciDevice nvme = rig.device("0000:04:00.0");
  private final PciDevice virtio = rig.device("0000:01:00.1");

  private static int written(PciDevice device, int offset, int width, int value) {
    device.writeConfig(offset, width, value);
    return device.readConfig(offset, width);
  }

  @Test
  void theEmbeddedPcHasItsFunctionsInAddressOrder() {
    List<String> names =
        rig.machine.buses().getFirst().devices().stream().map(BusDevice::name).toList();
    assertEquals(names.stream().sorted().toList(), names);
    assertEquals(19, names.size());
    assertEquals(14, rig.machine.iommus().getFirst().groups().size());
    assertTrue(rig.machine.description().warnings().isEmpty());
  }

  @Test
  void barsAreSizedByWritingOnes() {
    assertEquals(0xfffe0000, written(nic, 0x10, 4, -1));
    assertEquals(0x12340000, written(nic, 0x10, 4, 0x12345678));
    nic.writeConfig(0x12, 2, 0xabcd);
    assertEquals(0xabcc0000, nic.readConfig(0x10, 4));
    assertEquals(0xffffffe1, written(nic, 0x18, 4, -1));
    assertEquals(0xffffc000, written(nic, 0x1c, 4, -1));
    assertEquals(0, written(nic, 0x20, 4, -1));
    assertEquals(0xfffff801, written(nic, 0x30, 4, -1));
    assertEquals(0xfffff800, written(nic, 0x30, 4, 0xfffffffe));
  }

  @Test
  void a64BitBarHasItsHighHalfInTheNextRegister() {
    assertEquals(0xffffc004, written(nvme, 0x10, 4, -1));
    assertEquals(-1, written(nvme, 0x14, 4, -1));
    assertEquals(0, written(nvme, 0x18, 4, -1));
  }

  @Test
  void theCommandRegisterTakesWhatTheHardwareHas() {
    assertEquals(0x0507, written(edu, 4, 2, 0xffff));
    assertEquals(0x0100, written(edu, 4, 2, 0x0140));
    assertEquals(0x0010, written(edu, 6, 2, 0xffff));
  }

  @Test
  void identityAndCapabilityPointersAreReadOnly() {
    assertEquals(0x10d38086, written(nic, 0, 4, 0));
    assertEquals(0xc8, written(nic, 0x34, 1, 0x99));
    assertEquals(0xd001, written(nic, 0xc8, 2, 0xffff));
    assertEquals(0x0022, written(nic, 0xca, 2, 0xffff));
    assertEquals(0xa010, written(nic, 0xe0, 2, 0xffff));
  }

  @Test
  void powerControlTakesStateSelectAndPmeOfTheE1000e() {
    assertEquals(0x1f03, written(nic, 0xcc, 2, 0xffff));
  }

  @Test
  void statesThatTheFunctionLacksAreDiscarded() {
    assertEquals(0, written(nic, 0xcc, 2, 1));
    assertEquals(0, written(nic, 0xcc, 2, 2));
    assertEquals(3, written(nic, 0xcc, 2, 3));
  }

  @Test
  void expressControlsFollowTheCapability() {
    assertEquals(0x0002, written(nvme, 0x82, 2, 0xffff));
    assertEquals(0x0000, written(nvme, 0x8a, 2, 0xffff));
    assertEquals(0x0011, written(nvme, 0x92, 2, 0xffff));
    assertEquals(0x8000, written(nvme, 0xa8, 2, 0xffff));
    assertEquals(0x0000, written(nvme, 0xb0, 2, 0xffff));
  }

  @Test
  void extendedSpaceOfNoCapabilityIsStorageAndCapabilitiesAreNot() {
    assertEquals(0x1201000e, written(nvme, 256, 4, -1));
    assertEquals(0x00000100, written(nvme, 260, 4, -1));
    assertEquals(-1, written(nvme, 264, 4, -1));
    assertEquals(0x00010010, written(nvme, 288, 4, -1));
    assertEquals(-1, written(nvme, 352, 4, -1));
    assertEquals(1, written(nvme, 0x400, 4, 1));
  }

  @Test
  void errorReportingHasTheBitsOfItsRegisters() {
    assertEquals(0, written(nic2, 0x104, 4, -1));
    assertEquals(0, written(nic2, 0x108, 4, -1));
    assertEquals(0x03fff030, written(nic2, 0x10c, 4, -1));
    assertEquals(0, written(nic2, 0x110, 4, -1));
    assertEquals(0xf1c1, written(nic2, 0x114, 4, -1));
    assertEquals(0x1e0, written(nic2, 0x118, 4, -1));
    assertEquals(0, written(nic2, 0x11c, 4, -1));
    assertEquals(0x00010003, written(nic2, 0x140, 4, -1));
    assertEquals(0xff000007, written(nic2, 0x144, 4, -1));
  }

  @Test
  void virtioCapabilitiesAreReadOnlyButForTheWindowIntoItsBars() {
    assertEquals(0x01107c09, written(virtio, 0x84, 4, -1));
    assertEquals(0x00001000, written(virtio, 0x90, 4, -1));
    assertEquals(0x0514b409, written(virtio, 0xc8, 4, -1));
    assertEquals(0x000000ff, written(virtio, 0xcc, 4, -1));
    assertEquals(-1, written(virtio, 0xd0, 4, -1));
    assertEquals(-1, written(virtio, 0xd4, 4, -1));
    assertEquals(-1, written(virtio, 0xd8, 4, -1));
    assertEquals(0xc001c811, written(virtio, 0xdc, 4, -1));
  }

  @Test
  void aBridgeHasWindowsAndBusNumbers() {
    PciDevice port = rig.device("0000:00:08.0");
    assertEquals(0x00ffffff, written(port, 0x18, 4, 0x00ffffff));
    assertEquals(0xfff0fff0, written(port, 0x20, 4, -1));
  }

  @Test
  void theKernelsViewOfDevicesIsInTheResources() {
    assertEquals(0xfeb00000L, nic.resource(0).orElseThrow().start());
    assertEquals(0x20, nic.resource(2).orElseThrow().size());
    assertTrue(nic.resource(2).orElseThrow().isIo());
    assertTrue(nvme.resource(0).orElseThrow().is64Bit());
    assertEquals("0000:02:00.0", rig.device("0000:03:01.0").parentBridge().orElseThrow().name());
    assertEquals("vfio-pci", edu.preferredDriver().orElseThrow());
    assertTrue(rig.device("0000:00:1f.2").preferredDriver().isEmpty());
  }
}

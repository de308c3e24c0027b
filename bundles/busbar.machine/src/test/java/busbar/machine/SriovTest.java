package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.bus.ResetMethod;
import busbar.api.iommu.IommuGroup;
import busbar.api.pci.PciDevice;
import busbar.api.pci.Sriov;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SriovTest {
  private final Rig.Factory factory = new Rig.Factory("nvme");
  private final Rig rig = new Rig(factory);
  private final PciDevice nvme = rig.device("0000:04:00.0");
  private final Sriov sriov = nvme.sriov().orElseThrow();
  private final List<String> events = new ArrayList<>();

  private void listen() {
    rig.machine
        .buses()
        .getFirst()
        .addListener(
            new BusListener() {
              @Override
              public void added(BusDevice device) {
                events.add("added " + device.name());
              }

              @Override
              public void removing(BusDevice device) {
                events.add("removing " + device.name());
              }

              @Override
              public void vanished(BusDevice device) {
                events.add("vanished " + device.name());
              }
            });
    events.clear();
  }

  private List<Integer> groups() {
    return rig.machine.iommus().getFirst().groups().stream().map(IommuGroup::id).toList();
  }

  @Test
  void virtualFunctionsAppearWithGroupsOfTheirOwnAndGoAgain() {
    listen();
    assertEquals(2, sriov.totalVfs());
    sriov.enable(2);
    assertEquals(List.of("added 0000:04:00.1", "added 0000:04:00.2"), events);
    assertEquals(2, sriov.numVfs());
    PciDevice vf = rig.device("0000:04:00.1");
    assertEquals(14, vf.iommuGroup().orElseThrow().id());
    assertEquals(List.of("0000:04:00.1"), vf.iommuGroup().orElseThrow().devices());
    assertTrue(groups().containsAll(List.of(14, 15)));
    assertEquals("0000:04:00.0", vf.physicalFunction().orElseThrow().name());
    assertEquals(
        List.of("0000:04:00.0", "0000:04:00.1", "0000:04:00.2"),
        nvme.hotResetScope().stream().map(PciDevice::name).toList());
    events.clear();
    sriov.disable();
    assertEquals(List.of("removing 0000:04:00.2", "removing 0000:04:00.1"), events);
    assertEquals(0, sriov.numVfs());
    assertEquals(-1, vf.readConfig(0, 4));
    assertFalse(groups().contains(14));
    assertNull(rig.memory.window(0xfe604000L));
    assertTrue(factory.made.get("0000:04:00.1").closed);
  }

  @Test
  void countsAreChecked() {
    assertEquals(Errno.ERANGE, assertThrows(VfioException.class, () -> sriov.enable(3)).errno());
    sriov.enable(1);
    assertEquals(Errno.EBUSY, assertThrows(VfioException.class, () -> sriov.enable(2)).errno());
  }

  @Test
  void aVirtualFunctionHasMemoryFromThePhysicalOneAndItsOwnBusMastering() {
    sriov.enable(2);
    PciDevice vf = rig.device("0000:04:00.1");
    assertEquals(-1, vf.readConfig(0, 4));
    assertEquals(0, vf.readConfig(4, 2));
    vf.bar(0).store(0, 4, 5);
    assertEquals(5, vf.bar(0).load(0, 4));
    vf.writeConfig(4, 2, 0xffff);
    assertEquals(4, vf.readConfig(4, 2));
    nvme.writeConfig(0x128, 2, 1);
    assertEquals(0xffff_ffffL, vf.bar(0).load(0, 4), "memory space of virtual functions is off");
    assertEquals(List.of(ResetMethod.FLR), vf.resetMethods());
  }

  @Test
  void aResetOfThePhysicalFunctionKeepsThemEnabled() {
    sriov.enable(2);
    nvme.resetFunction();
    assertEquals(2, nvme.readConfig(0x130, 2));
    rig.device("0000:04:00.2").bar(0).store(0, 4, 5);
    assertEquals(5, rig.device("0000:04:00.2").bar(0).load(0, 4));
  }
}

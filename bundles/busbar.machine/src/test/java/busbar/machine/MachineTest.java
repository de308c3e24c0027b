package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.bus.BusDevice;
import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciDevice;
import busbar.api.time.VirtualTiming;
import java.util.List;
import org.junit.jupiter.api.Test;

class MachineTest {
  private final PhysicalMemory memory = new PhysicalMemory();
  private final Machine machine =
      new Machine(MachineDescription.embedded(), memory, new VirtualTiming(), List.of());

  private PciDevice device(String name) {
    return machine.buses().getFirst().devices().stream()
        .filter(each -> each.name().equals(name))
        .map(PciDevice.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theEmbeddedPcHasItsNineteenFunctions() {
    assertEquals(19, machine.buses().getFirst().devices().size(), () -> names().toString());
    assertEquals(14, machine.iommus().getFirst().groups().size());
    assertTrue(machine.description().warnings().isEmpty());
  }

  private List<String> names() {
    return machine.buses().getFirst().devices().stream().map(BusDevice::name).toList();
  }

  @Test
  void barsOfTheNicAreSizedAsHardwareDoes() {
    PciDevice nic = device("0000:00:06.0");
    nic.writeConfig(0x10, 4, -1);
    assertEquals(0xfffe0000, nic.readConfig(0x10, 4));
    nic.writeConfig(0x18, 4, -1);
    assertEquals(0xffffffe1, nic.readConfig(0x18, 4));
    nic.writeConfig(0x30, 4, -1);
    assertEquals(0xfffff801, nic.readConfig(0x30, 4));
  }
}

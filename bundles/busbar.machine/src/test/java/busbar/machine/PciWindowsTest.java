package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.PciDevice;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class PciWindowsTest {
  private final Rig.Factory factory =
      new Rig.Factory("edu", "e1000e", "nvme", "vga", "pci-testdev");
  private final Rig rig = new Rig(factory);
  private final PciDevice edu = rig.device("0000:00:04.0");
  private final PciDevice nic = rig.device("0000:00:06.0");

  @Test
  void aBarAnswersOnlyWhileTheCommandRegisterSaysSo() {
    MmioWindow bar = edu.bar(0);
    bar.store(8, 4, 77);
    assertEquals(77, bar.load(8, 4));
    edu.writeConfig(4, 2, 0);
    assertEquals(0xffff_ffffL, bar.load(8, 4));
    bar.store(8, 4, 78);
    edu.writeConfig(4, 2, 2);
    assertEquals(77, bar.load(8, 4));
  }

  @Test
  void portsHaveTheirOwnEnableBit() {
    MmioWindow ports = nic.bar(2);
    ports.store(0, 4, 5);
    assertEquals(5, ports.load(0, 4));
    nic.writeConfig(4, 2, 2);
    assertEquals(0xffL, ports.load(0, 1));
    assertEquals(0xe140, ports.physical());
  }

  @Test
  void portsAreNeverWiderThanFourBytes() {
    nic.bar(2).store(0, 8, 0x1_0000_0002L);
    assertEquals(2, nic.bar(2).load(0, 4));
    assertEquals(1, nic.bar(2).load(4, 4));
    assertEquals(0x1_0000_0002L, nic.bar(2).load(0, 8));
  }

  @Test
  void aBarThatWasMovedDoesNotAnswerAtItsOldPlace() {
    nic.bar(0).store(0, 4, 9);
    nic.writeConfig(0x10, 4, 0);
    assertEquals(0xffff_ffffL, nic.bar(0).load(0, 4));
    nic.writeConfig(0x10, 4, 0xfeb00000);
    assertEquals(9, nic.bar(0).load(0, 4));
  }

  @Test
  void belowABridgeItsCommandRegisterCountsToo() {
    PciDevice port = rig.device("0000:00:09.0");
    PciDevice below = rig.device("0000:03:01.0");
    below.bar(0).store(0, 4, 3);
    port.writeConfig(4, 2, 1);
    assertEquals(0xffff_ffffL, below.bar(0).load(0, 4));
    port.writeConfig(4, 2, 7);
    assertEquals(3, below.bar(0).load(0, 4));
  }

  @Test
  void asleepNothingAnswersAndConfigurationDoes() {
    nic.bar(0).store(0, 4, 9);
    nic.setPowerState(3);
    assertEquals(3, nic.powerState());
    assertEquals(0xffff_ffffL, nic.bar(0).load(0, 4));
    assertEquals(0x10d38086, nic.readConfig(0, 4));
    nic.setPowerState(0);
    assertEquals(0x0103, nic.readConfig(4, 2));
    assertEquals(0, nic.bar(0).load(0, 4), "its registers were lost in D3");
    assertEquals(1, factory.made.get("0000:00:06.0").resets);
  }

  @Test
  void windowsLieInPhysicalMemorySoThatOtherDevicesReachThem() {
    edu.bar(0).store(0x40, 8, 0x1234);
    MemorySegment buffer = MemorySegment.ofArray(new byte[8]);
    assertTrue(rig.memory.read(0xfea00040L, buffer, 0, 8));
    assertEquals(0x1234, buffer.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
    assertNull(rig.memory.window(0xe140), "ports are no memory");
  }

  @Test
  void theMsixTableIsMaskedAndEmptyAtStartAndTakesMessages() {
    MmioWindow bar = nic.bar(3);
    assertEquals(0, bar.load(0, 4));
    assertEquals(1, bar.load(12, 4));
    assertEquals(1L << 32, bar.load(72, 8));
    bar.store(0x10, 4, 0xfee00000L);
    assertEquals(0xfee00000L, bar.load(0x10, 4));
    bar.store(12, 4, 0xffff_fffeL);
    assertEquals(0, bar.load(12, 4));
    bar.store(0x2000, 4, -1);
    assertEquals(0, bar.load(0x2000, 8));
    bar.store(0x50, 4, 6);
    assertEquals(6, bar.load(0x50, 4), "behind the table the device has the BAR");
  }

  @Test
  void theRomIsThereWhileMemoryDecodes() {
    assertEquals(0x0004_aa55L, nic.rom().orElseThrow().load(0, 4));
    assertEquals(0x800, nic.rom().orElseThrow().size());
    nic.writeConfig(4, 2, 0);
    assertTrue(nic.rom().isEmpty());
    assertEquals(39936, rig.device("0000:00:02.0").rom().orElseThrow().size());
    assertTrue(edu.rom().isEmpty());
  }

  @Test
  void legacyVgaBelongsToDisplaysAndFollowsTheCommandRegister() {
    PciDevice vga = rig.device("0000:00:02.0");
    MmioWindow memory = vga.legacyVga().orElseThrow().memory();
    memory.store(0x18000, 4, 0x07410742);
    assertEquals(0x07410742, memory.load(0x18000, 4));
    vga.writeConfig(4, 2, 1);
    assertEquals(0xffff_ffffL, memory.load(0x18000, 4));
    assertTrue(edu.legacyVga().isEmpty());
  }

  @Test
  void aBarHasOneHolder() {
    edu.claimBar(0, "vfio-pci");
    VfioException busy = assertThrows(VfioException.class, () -> edu.claimBar(0, "other"));
    assertEquals(Errno.EBUSY, busy.errno());
    edu.releaseBar(0);
    edu.claimBar(0, "other");
  }

  @Test
  void withoutItsModelADeviceHasRegistersThatReadAsZero() {
    Rig bare = new Rig();
    assertEquals(0, bare.device("0000:00:04.0").bar(0).load(0, 4));
    assertEquals(0x11e81234, bare.device("0000:00:04.0").readConfig(0, 4));
  }

  @Test
  void enablingTurnsOnWhatTheResourcesNeedAndTheBridgesAbove() {
    PciDevice below = rig.device("0000:03:02.0");
    PciDevice bridge = rig.device("0000:02:00.0");
    below.writeConfig(4, 2, 0);
    bridge.writeConfig(4, 2, 0);
    below.enable();
    assertEquals(3, below.readConfig(4, 2));
    assertEquals(7, bridge.readConfig(4, 2));
    below.writeConfig(4, 2, 7);
    below.disable();
    assertEquals(3, below.readConfig(4, 2));
  }

  @Test
  void aMachineThatIsOffHasNoWindows() {
    rig.close();
    assertNull(rig.memory.window(0xfea00000L));
    assertTrue(rig.machine.buses().getFirst().devices().isEmpty());
    assertTrue(factory.made.get("0000:00:04.0").closed);
    assertFalse(rig.machine.description().pci().isEmpty());
  }
}

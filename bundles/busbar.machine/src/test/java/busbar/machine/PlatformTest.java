package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.bus.Bus;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Sharing;
import busbar.api.irq.InterruptSource.Start;
import busbar.api.platform.PlatformDevice;
import busbar.api.platform.PlatformDevice.Irq;
import busbar.api.platform.PlatformDevice.Trigger;
import busbar.machine.model.ModelContext.Level;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PlatformTest {
  private static final String RTC = "9010000.pl031";
  private static final String TRANSPORT = "a003e00.virtio_mmio";

  private final Rig.Factory models = new Rig.Factory("arm,pl031", "virtio,mmio");
  private final Rig rig = new Rig(MachineDescription.embedded("virt"), models);

  @AfterEach
  void switchOff() {
    rig.close();
  }

  private PlatformDevice device(String bus, String name) {
    return rig.machine.buses().stream()
        .filter(each -> each.name().equals(bus))
        .map(Bus::devices)
        .flatMap(java.util.List::stream)
        .filter(each -> each.name().equals(name))
        .map(PlatformDevice.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aDeviceIsWhatTheDescriptionSays() {
    PlatformDevice rtc = device("amba", RTC);
    assertEquals("arm,pl031", rtc.compatible().getFirst());
    assertEquals(0x1000, rtc.resources().getFirst().size());
    assertEquals(0x901_0000, rtc.window(0).physical());
    assertEquals(Trigger.LEVEL, rtc.irqs().getFirst().trigger());
    assertEquals(2, rtc.irqs().getFirst().number());
    assertEquals("vfio-amba", rtc.preferredDriver().orElseThrow());
    assertTrue(rtc.iommuGroup().isEmpty());
  }

  @Test
  void itsRegistersLieInPhysicalMemory() {
    device("amba", RTC).window(0).store(8, 4, 1000);
    assertEquals(1000, rig.memory.window(0x901_0008L).load(8, 4));
  }

  @Test
  void aLevelCallsItsHandlerUntilItIsLow() {
    Irq irq = device("amba", RTC).irqs().getFirst();
    AtomicInteger calls = new AtomicInteger();
    var context = models.made.get(RTC).context;
    irq.source()
        .request(
            "test",
            Sharing.EXCLUSIVE,
            Start.ENABLED,
            () -> {
              if (calls.incrementAndGet() == 3) {
                context.setLine(0, Level.LOW);
              }
              return Handled.YES;
            });
    context.setLine(0, Level.HIGH);
    assertEquals(3, calls.get());
    context.setLine(1, Level.HIGH); // it has one line
    irq.source().free();
  }

  @Test
  void anEdgeCallsItsHandlerOnce() {
    Irq irq = device("platform", TRANSPORT).irqs().getFirst();
    assertEquals(Trigger.EDGE, irq.trigger());
    AtomicInteger calls = new AtomicInteger();
    irq.source()
        .request(
            "test",
            Sharing.EXCLUSIVE,
            Start.ENABLED,
            () -> {
              calls.incrementAndGet();
              return Handled.YES;
            });
    var context = models.made.get(TRANSPORT).context;
    context.setLine(0, Level.HIGH);
    context.setLine(0, Level.HIGH);
    context.setLine(0, Level.LOW);
    context.setLine(0, Level.HIGH);
    assertEquals(2, calls.get());
  }

  @Test
  void aMachineThatIsOffAnswersWithOnes() {
    PlatformDevice rtc = device("amba", RTC);
    var dma = models.made.get(RTC).context.dma();
    rig.close();
    assertEquals(0xffff_ffffL, rtc.window(0).load(0, 4));
    assertFalse(dma.write(0, MemorySegment.ofArray(new byte[4]), 0, 4));
  }

  @Test
  void parametersFollowFromHowDevicesAreBound() {
    assertEquals(
        Map.of("vfio.enable_unsafe_noiommu_mode", "Y", "vfio_platform.reset_required", "N"),
        rig.machine.hostSetup().parameters());
    try (Rig pseries = new Rig(MachineDescription.embedded("pseries"))) {
      assertEquals(Map.of(), pseries.machine.hostSetup().parameters());
    }
  }

  @Test
  void aPlatformDeviceCanBeBehindAnIommu() {
    MachineDescription board =
        MachineDescription.read(
            "board",
            """
            {"name": "board", "arch": "aarch64",
             "iommu": {"kind": "smmuv3", "addressBits": 48},
             "groups": [{"id": 4, "devices": ["dma0"]}],
             "platform": [{"name": "dma0", "compatible": ["arm,pl031"], "iommuGroup": 4,
               "reg": [{"start": 4096, "size": 4096}]}]}
            """);
    try (Rig small = new Rig(board, models)) {
      assertEquals(1, small.machine.iommus().getFirst().groups().size());
      var dma = models.made.get("dma0").context.dma();
      assertFalse(dma.write(0x1000, MemorySegment.ofArray(new byte[4]), 0, 4));
      assertEquals("dma0", small.machine.iommus().getFirst().recentFaults().getLast().device());
    }
  }
}

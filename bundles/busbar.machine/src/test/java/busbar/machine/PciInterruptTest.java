package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.irq.InterruptSource;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Sharing;
import busbar.api.irq.InterruptSource.Start;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciDevice.MessageKind;
import busbar.machine.model.ModelContext;
import busbar.machine.model.ModelContext.Level;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class PciInterruptTest {
  private static final int INTX_DISABLE = 0x400;

  private final Rig.Factory factory = new Rig.Factory("edu", "e1000e", "nvme");
  private final Rig rig = new Rig(factory);
  private final PciDevice edu = rig.device("0000:00:04.0");
  private final PciDevice mf0 = rig.device("0000:01:00.0");
  private final PciDevice nic = rig.device("0000:00:06.0");
  private final AtomicInteger count = new AtomicInteger();

  private ModelContext model(PciDevice device) {
    return factory.made.get(device.name()).context;
  }

  private Handled masking(PciDevice device) {
    int command = device.readConfig(4, 2);
    if ((device.readConfig(6, 2) & 8) == 0 || (command & INTX_DISABLE) != 0) {
      return Handled.NONE;
    }
    count.incrementAndGet();
    device.writeConfig(4, 2, command | INTX_DISABLE);
    return Handled.YES;
  }

  @Test
  void aHandlerMasksTheFunctionAndIsCalledAgainWhenItIsUnmaskedAndStillPending() {
    edu.intx().orElseThrow().request("t", Sharing.SHARED, Start.ENABLED, () -> masking(edu));
    model(edu).setLine(0, Level.HIGH);
    assertEquals(1, count.get());
    assertEquals(0x18, edu.readConfig(6, 2));
    edu.writeConfig(4, 2, 2);
    assertEquals(2, count.get());
    model(edu).setLine(0, Level.LOW);
    edu.writeConfig(4, 2, 2);
    assertEquals(2, count.get());
    assertEquals(0x10, edu.readConfig(6, 2));
  }

  @Test
  void aDisabledPinStillShowsInTheStatus() {
    edu.intx().orElseThrow().request("t", Sharing.SHARED, Start.ENABLED, () -> masking(edu));
    edu.writeConfig(4, 2, 2 | INTX_DISABLE);
    model(edu).setLine(0, Level.HIGH);
    assertEquals(0, count.get());
    assertEquals(0x18, edu.readConfig(6, 2));
    edu.writeConfig(4, 2, 2);
    assertEquals(1, count.get());
  }

  @Test
  void functionsOnOneLineAreAskedInTurn() {
    assertEquals(10, edu.intx().orElseThrow().number());
    assertEquals(10, mf0.intx().orElseThrow().number());
    edu.intx().orElseThrow().request("a", Sharing.SHARED, Start.ENABLED, () -> masking(edu));
    mf0.intx().orElseThrow().request("b", Sharing.SHARED, Start.ENABLED, () -> masking(mf0));
    model(mf0).setLine(0, Level.HIGH);
    assertEquals(1, count.get());
    assertEquals(0, edu.readConfig(4, 2) & INTX_DISABLE);
  }

  @Test
  void anExclusiveHolderKeepsOthersOff() {
    InterruptSource line = edu.intx().orElseThrow();
    line.request("a", Sharing.EXCLUSIVE, Start.ENABLED, () -> Handled.NONE);
    VfioException busy =
        assertThrows(
            VfioException.class,
            () ->
                mf0.intx()
                    .orElseThrow()
                    .request("b", Sharing.SHARED, Start.ENABLED, () -> Handled.NONE));
    assertEquals(Errno.EBUSY, busy.errno());
    line.free();
    mf0.intx().orElseThrow().request("b", Sharing.SHARED, Start.ENABLED, () -> Handled.NONE);
  }

  @Test
  void aLineThatIsDisabledCallsItsHandlerWhenItIsEnabledAndStillHigh() {
    InterruptSource line = edu.intx().orElseThrow();
    line.request(
        "a",
        Sharing.EXCLUSIVE,
        Start.ENABLED,
        () -> {
          count.incrementAndGet();
          line.disable();
          return Handled.YES;
        });
    model(edu).setLine(0, Level.HIGH);
    assertEquals(1, count.get());
    line.enable();
    assertEquals(2, count.get());
    model(edu).setLine(0, Level.LOW);
    line.enable();
    assertEquals(2, count.get());
  }

  @Test
  void aHandlerThatNeverLowersALevelDoesNotHangTheDevice() {
    edu.intx()
        .orElseThrow()
        .request(
            "storm",
            Sharing.SHARED,
            Start.ENABLED,
            () -> {
              count.incrementAndGet();
              return Handled.YES;
            });
    model(edu).setLine(0, Level.HIGH);
    assertTrue(count.get() > 1000);
  }

  @Test
  void aFunctionWithoutPinOrLineHasNoInterrupt() {
    assertTrue(rig.device("0000:00:05.0").intx().isEmpty());
  }

  @Test
  void msiArrivesOnlyWhileTheFunctionIsBusMaster() {
    assertEquals(1, edu.enableMessages(MessageKind.MSI, 1));
    edu.message(0).request("t", Sharing.EXCLUSIVE, Start.ENABLED, this::counted);
    assertTrue(model(edu).messagesEnabled());
    assertTrue(model(edu).message(0));
    assertEquals(0, count.get(), "bus mastering is off");
    edu.writeConfig(4, 2, 0x406);
    assertTrue(model(edu).message(0));
    assertEquals(1, count.get());
    edu.message(0).free();
    edu.disableMessages();
    assertFalse(model(edu).message(0));
    assertEquals(0, edu.readConfig(4, 2) & INTX_DISABLE);
  }

  private Handled counted() {
    count.incrementAndGet();
    return Handled.YES;
  }

  @Test
  void maskedMsixVectorsArePendingAndComeWhenTheyAreUnmasked() {
    nic.writeConfig(4, 2, 6);
    assertEquals(5, nic.enableMessages(MessageKind.MSIX, 6), "fewer: nothing is on");
    assertEquals(0x0004, nic.readConfig(0xa2, 2));
    assertEquals(2, nic.enableMessages(MessageKind.MSIX, 2));
    assertEquals(0x8004, nic.readConfig(0xa2, 2));
    model(nic).message(1);
    assertEquals(2, nic.bar(3).load(0x2000, 4));
    nic.message(1).request("t", Sharing.EXCLUSIVE, Start.ENABLED, this::counted);
    assertEquals(1, count.get());
    assertEquals(0, nic.bar(3).load(0x2000, 4));
    assertEquals(1, nic.bar(3).load(12, 4), "vector 0 has no handler and is masked");
    assertEquals(0, nic.bar(3).load(28, 4));
    nic.message(1).disable();
    model(nic).message(1);
    model(nic).message(1);
    assertEquals(1, count.get());
    nic.message(1).enable();
    assertEquals(2, count.get());
    nic.disableMessages();
    assertEquals(1, nic.bar(3).load(28, 4));
    assertEquals(0x0004, nic.readConfig(0xa2, 2));
  }

  @Test
  void msixVectorsCanBeAddedLater() {
    nic.writeConfig(4, 2, 6);
    nic.enableMessages(MessageKind.MSIX, 1);
    assertThrows(VfioException.class, () -> nic.message(3));
    assertTrue(nic.canAddMessages());
    nic.allocateMessage(3);
    nic.message(3).request("t", Sharing.EXCLUSIVE, Start.ENABLED, this::counted);
    model(nic).message(3);
    assertEquals(1, count.get());
  }

  @Test
  void oneKindAtATime() {
    nic.enableMessages(MessageKind.MSI, 1);
    VfioException busy =
        assertThrows(VfioException.class, () -> nic.enableMessages(MessageKind.MSIX, 1));
    assertEquals(Errno.EBUSY, busy.errno());
    VfioException none =
        assertThrows(VfioException.class, () -> edu.enableMessages(MessageKind.MSIX, 1));
    assertEquals(Errno.EINVAL, none.errno());
  }

  @Test
  void withInterruptRemappingADeviceCannotForgeAnothersMessage() {
    assertEquals(1, forged(rig, factory));
    assertTrue(rig.machine.iommus().getFirst().isolatesMessages());
  }

  @Test
  void withoutItItCan() {
    String text =
        Resources.embedded()
            .replace("\"interruptRemapping\": true", "\"interruptRemapping\": false");
    Rig.Factory models = new Rig.Factory("edu", "e1000e", "nvme");
    Rig open = new Rig(MachineDescription.read(Path.of("open.json").toString(), text), models);
    assertEquals(2, forged(open, models));
    assertFalse(open.machine.iommus().getFirst().isolatesMessages());
  }

  /** The NIC sends its own interrupt, then edu sends the same message; how many arrive. */
  private int forged(Rig on, Rig.Factory models) {
    PciDevice victim = on.device("0000:00:06.0");
    PciDevice forger = on.device("0000:00:04.0");
    victim.writeConfig(4, 2, 6);
    forger.writeConfig(4, 2, 6);
    victim.enableMessages(MessageKind.MSIX, 1);
    victim.message(0).request("t", Sharing.EXCLUSIVE, Start.ENABLED, this::counted);
    models.made.get(victim.name()).context.message(0);
    long address = victim.bar(3).load(0, 8);
    int data = (int) victim.bar(3).load(8, 4);
    MemorySegment message =
        MemorySegment.ofArray(
            new byte[] {(byte) data, (byte) (data >> 8), (byte) (data >> 16), (byte) (data >> 24)});
    models.made.get(forger.name()).context.dma().write(address, message, 0, 4);
    return count.get();
  }

  @Test
  void afterAResetTheMessagesAreBackInPlace() {
    PciDevice nvme = rig.device("0000:04:00.0");
    nvme.writeConfig(4, 2, 6);
    nvme.enableMessages(MessageKind.MSIX, 2);
    nvme.message(0).request("t", Sharing.EXCLUSIVE, Start.ENABLED, this::counted);
    nvme.resetFunction();
    model(nvme).message(0);
    assertEquals(1, count.get());
    assertEquals(0x8002, nvme.readConfig(0x42, 2));
  }
}

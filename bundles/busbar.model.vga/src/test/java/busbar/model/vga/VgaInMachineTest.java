package busbar.model.vga;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciDevice;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.time.VirtualTiming;
import busbar.machine.Machine;
import busbar.machine.MachineDescription;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The framebuffer is the machine's: who has mapped it keeps it while models come and go. */
@Timeout(20)
class VgaInMachineTest {
  private final VgaModelFactory first = new VgaModelFactory();
  private final VgaModelFactory second = new VgaModelFactory();
  private final Machine machine =
      new Machine(
          MachineDescription.embedded(), new PhysicalMemory(), new VirtualTiming(), List.of(first));
  private final PciDevice vga =
      machine.buses().getFirst().devices().stream()
          .map(PciDevice.class::cast)
          .filter(each -> each.readConfig(0x0a, 2) == 0x0300)
          .findFirst()
          .orElseThrow();

  @AfterEach
  void switchOff() {
    machine.close();
  }

  private MemorySegment framebufferWithAPixel() {
    vga.writeConfig(4, 2, 3);
    MemorySegment framebuffer = vga.bar(0).memory();
    framebuffer.set(ValueLayout.JAVA_INT, 0x1000, 0x12345678);
    vga.bar(2).store(0x502, 2, 640);
    return framebuffer;
  }

  private void assertThatNothingIsLost(MemorySegment framebuffer) {
    assertThat(vga.bar(0).memory()).isEqualTo(framebuffer);
    assertThat(vga.bar(0).memory().get(ValueLayout.JAVA_INT, 0x1000)).isEqualTo(0x12345678);
    assertThat(vga.bar(2).load(0x502, 2)).isEqualTo(640);
    framebuffer.set(ValueLayout.JAVA_INT, 0x2000, 7);
    assertThat(vga.bar(0).load(0x2000, 4)).isEqualTo(7);
  }

  @Test
  void aMappedFramebufferStaysTheSameOverAnExchange() {
    MemorySegment framebuffer = framebufferWithAPixel();
    machine.addModels(second);
    assertThat(machine.swap(vga.name(), Candidate.plain("vga"), Way.SIDE_BY_SIDE, "test").result())
        .isEqualTo(Result.DONE);
    assertThatNothingIsLost(framebuffer);
  }

  @Test
  void aMappedFramebufferCanBeWrittenWhileTheModelIsUpdated() {
    MemorySegment framebuffer = framebufferWithAPixel();
    machine.removeModels(first);
    framebuffer.set(ValueLayout.JAVA_INT, 0x1000, 0x12345678);
    machine.addModels(second);
    assertThatNothingIsLost(framebuffer);
  }
}

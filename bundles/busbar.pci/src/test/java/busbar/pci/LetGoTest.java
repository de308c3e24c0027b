package busbar.pci;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.EventFd;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.device.VfioBusDriver;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two versions in class loaders of their own: nothing that stays holds the one that left. */
class LetGoTest {
  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int RESAMPLE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;

  private final FakeFunction function = ConfigImage.card();
  private final FakeVfio vfio = new FakeVfio(function);
  private final EventFd fired = vfio.give(1);
  private final EventFd resample = vfio.give(2);

  /** A version of the driver with the function. */
  private final class Version {
    final Copy copy = new Copy(VfioPciDriver.class, Map.of("disable_idle_d3", true));
    final VfioBusDriver<Object> driver = driver();
    final Object core;

    Version(boolean takesOver) {
      vfio.takenOver = takesOver;
      core = driver.probe(function, vfio);
      vfio.takenOver = false;
    }

    @SuppressWarnings("unchecked")
    private VfioBusDriver<Object> driver() {
      return copy.as(VfioBusDriver.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(
          (HandoverOps<Object>) driver.capability(HandoverOps.class).orElseThrow(),
          core,
          copy::owns,
          () -> driver.remove(core));
    }

    void irqs(int flags, int fd) {
      MemorySegment argument = MemorySegment.ofArray(new byte[(int) VfioIrqSet.SIZE + 4]);
      new VfioIrqSet((int) argument.byteSize(), flags, VFIO_PCI_INTX_IRQ_INDEX, 0, 1)
          .encode(argument);
      argument.set(ValueLayout.JAVA_INT_UNALIGNED, VfioIrqSet.OFFSET_DATA, fd);
      driver.ioctl(core, vfio, VFIO_DEVICE_SET_IRQS, argument);
    }
  }

  private Version opened() {
    Version version = new Version(false);
    version.driver.open(version.core, vfio);
    vfio.open = true;
    version.irqs(ARM, 1);
    version.irqs(RESAMPLE, 2);
    return version;
  }

  private void raise() {
    function.assertIntx(true);
    function.assertIntx(false);
    resample.signal();
  }

  @Test
  void theVersionThatLeftIsCollectedAndTheStateCrossed() {
    Version old = opened();
    MappedRegion before = old.driver.mmap(old.core, vfio, MmapRequest.shared(0, 4096));
    Version next = new Version(true);
    Swap.succeeds(old.side(), next.side(), phase -> raise());
    MappedRegion after = next.driver.mmap(next.core, vfio, MmapRequest.shared(0, 4096));
    assertThat(after.fault(0)).as("the same BAR").isSameAs(before.fault(0));
    assertThat(fired.take()).isEqualTo(4);
    WeakReference<ClassLoader> trace = old.copy.trace();
    old = null;
    before = null;
    assertThat(Copy.isCollected(trace)).isTrue();
    raise();
    assertThat(fired.take()).isEqualTo(1);
    next.driver.release(next.core);
  }

  @Test
  void aSuccessorThatWasSentAwayIsCollected() {
    Version old = opened();
    Version next = new Version(true);
    Swap.isCalledOff(old.side(), next.side(), phase -> raise());
    WeakReference<ClassLoader> trace = next.copy.trace();
    next = new Version(true);
    Swap.neverRestores(old.side(), next.side(), phase -> raise());
    WeakReference<ClassLoader> second = next.copy.trace();
    next = null;
    assertThat(Copy.isCollected(trace)).isTrue();
    assertThat(Copy.isCollected(second)).isTrue();
    assertThat(fired.take()).isEqualTo(8);
    old.driver.release(old.core);
  }

  @Test
  void aStateThatWaitsForASuccessorHoldsNoClassOfTheOneThatSavedIt() {
    Version old = opened();
    StateRecord state = old.side().save();
    Version next = new Version(true);
    next.side().restore(state);
    old.side().leave();
    WeakReference<ClassLoader> trace = old.copy.trace();
    old = null;
    assertThat(Copy.isCollected(trace)).isTrue();
    assertThat(state.values()).containsKey("interrupts");
    raise();
    assertThat(fired.take()).isEqualTo(1);
  }
}

package busbar.pci;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.state.StateRecord;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long operations on an open function wait while it is handed over: for save and restore. */
class SwapTimeTest {
  private static final int ROUNDS = Boolean.getBoolean("busbar.long") ? 5_000 : 300;

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void vectorsCrossInLittleTime(int vectors) {
    FakeFunction card = ConfigImage.card();
    Rig rig = new Rig(card).bind().open();
    int[] fds = new int[vectors];
    for (int i = 0; i < vectors; i++) {
      rig.vfio.give(i);
      fds[i] = i;
    }
    int kind = vectors == 1 ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_MSIX_IRQ_INDEX;

    rig.irqs(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, kind, 0, vectors, fds);
    long[] nanos = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      Rig next = rig.successor();
      long begun = System.nanoTime();
      StateRecord state = rig.driver.save(rig.core);
      next.driver.restore(next.core, state);
      nanos[i] = System.nanoTime() - begun;
      rig.side().leave();
      rig = next;
    }
    Arrays.sort(nanos);
    System.out.printf(
        "vfio-pci save+restore, %d vectors: median %d us, best %d us, worst %d us%n",
        vectors, nanos[ROUNDS / 2] / 1000, nanos[0] / 1000, nanos[ROUNDS - 1] / 1000);
    assertThat(nanos[ROUNDS / 2]).as("median").isLessThan(2_000_000L);
  }
}

package busbar.pci;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.EventFd;
import busbar.conformance.swap.Swap;
import busbar.machine.internal.irq.EdgeSource;
import busbar.machine.internal.irq.LevelLine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A device that interrupts without pause while its driver is replaced again and again. */
@Timeout(60)
class SwapStormTest {
  private static final int SWAPS = Boolean.getBoolean("busbar.long") ? 5_000 : 200;
  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int RESAMPLE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;

  private final FakeFunction card = ConfigImage.card();
  private final AtomicBoolean over = new AtomicBoolean();

  private static <T> CompletableFuture<T> onItsOwn(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, task -> Thread.ofPlatform().daemon().start(task));
  }

  /** Every third swap is called off. */
  private Rig swaps(Rig first) {
    Rig rig = first;
    for (int i = 0; i < SWAPS; i++) {
      Rig next = rig.successor();
      if (i % 3 == 2) {
        Swap.isCalledOff(rig.side(), next.side(), phase -> {});
      } else {
        Swap.succeeds(rig.side(), next.side(), phase -> {});
        rig = next;
      }
    }
    over.set(true);
    return rig;
  }

  @Test
  void everyMessageIsSignalledOnce() throws Exception {
    card.message = new EdgeSource(40, "message", EdgeSource.ALWAYS_OPEN);
    Rig rig = new Rig(card).bind().open();
    EventFd fired = rig.vfio.give(1);
    rig.irqs(ARM, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, 1);
    CompletableFuture<Long> raising =
        onItsOwn(
            () -> {
              long raised = 0;
              while (!over.get()) {
                card.message.raise();
                raised++;
              }
              return raised;
            });
    Rig left = swaps(rig);
    long raised = raising.get(30, TimeUnit.SECONDS);
    assertThat(fired.take()).isEqualTo(raised);
    left.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyAssertionOfThePinIsSignalledOnce(boolean maskable) throws Exception {
    card.maskable = maskable;
    card.pin = new LevelLine(11).source("card");
    Rig rig = new Rig(card).bind().open();
    EventFd fired = rig.vfio.give(1);
    EventFd resample = rig.vfio.give(2);
    rig.irqs(ARM, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 1);
    rig.irqs(RESAMPLE, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 2);
    CompletableFuture<Long> raising =
        onItsOwn(
            () -> {
              long rounds = 0;
              while (!over.get()) {
                card.assertIntx(true);
                assertThat(awaited(fired)).as("signals of assertion %d", rounds).isEqualTo(1);
                card.assertIntx(false);
                resample.signal();
                rounds++;
              }
              return rounds;
            });
    Rig left = swaps(rig);
    assertThat(raising.get(30, TimeUnit.SECONDS)).isPositive();
    assertThat(fired.take()).isZero();
    left.close();
  }

  private static long awaited(EventFd eventFd) {
    try {
      return eventFd.await(10_000_000_000L);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

package busbar.it;

import static busbar.uapi.VfioHeader.VFIO_PCI_MSI_IRQ_INDEX;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.client.DmaBuffer;
import busbar.client.Interrupts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.osgi.framework.BundleContext;

/**
 * A client of the edu device that does not rest: four threads read and write registers, map and
 * unmap, send bytes through the device by DMA, and take interrupts that were wired once. Every
 * answer is checked.
 */
final class BusyEdu implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long ROUNDS = 20;
  private static final int INVERTED = 0x04;
  private static final int RAISE = 0x60;
  private static final int ACKNOWLEDGE = 0x64;

  /** One round of a thread. */
  private interface Work {
    void round(long number) throws Exception;
  }

  private final EduProbe edu;
  private final Interrupts msi;
  private final AtomicBoolean done = new AtomicBoolean();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<AtomicLong> rounds = new ArrayList<>();

  private BusyEdu(EduProbe edu) {
    this.edu = edu;
    msi = edu.session().device().arm(VFIO_PCI_MSI_IRQ_INDEX, 1);
    start("registers", this::registers);
    start("mappings", this::mappings);
    start("dma", this::dma);
    start("interrupts", this::interrupts);
  }

  /** Opens the device, and returns when every thread is at work. */
  static BusyEdu open(BundleContext context) throws InterruptedException {
    BusyEdu busy = new BusyEdu(EduProbe.open(context));
    busy.work();
    return busy;
  }

  private void start(String name, Work work) {
    AtomicLong count = new AtomicLong();
    rounds.add(count);
    threads.add(
        Thread.ofPlatform()
            .name("busy-" + name)
            .start(
                () -> {
                  try {
                    while (!done.get()) {
                      work.round(count.get());
                      count.incrementAndGet();
                      Thread.sleep(1);
                    }
                  } catch (Throwable e) {
                    failure.compareAndSet(null, new AssertionError(name + " failed", e));
                  }
                }));
  }

  private void registers(long number) {
    int value = (int) number * 0x9e3779b9;
    edu.bar0().write32(INVERTED, value);
    assertThat(edu.bar0().read32(INVERTED)).isEqualTo(~value);
    assertThat(edu.session().device().info().regions()).isPositive();
  }

  private void mappings(long number) {
    try (DmaBuffer buffer = edu.session().container().allocate(8192)) {
      assertThat(buffer.iova()).isNotNegative();
      assertThat(edu.session().container().info().mappingsLeft()).isPositive();
    }
  }

  private void dma(long number) throws InterruptedException {
    assertThat(edu.echo((byte) number)).isEqualTo((byte) number);
  }

  private void interrupts(long number) throws InterruptedException {
    edu.bar0().write32(RAISE, 1);
    assertThat(msi.await(0, PATIENCE)).as("interrupts of one cause").isEqualTo(1);
    edu.bar0().write32(ACKNOWLEDGE, 1);
  }

  /** Lets every thread do some rounds, and fails if one of them saw anything wrong. */
  void work() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (AtomicLong count : rounds) {
      long enough = count.get() + ROUNDS;
      while (count.get() < enough && failure.get() == null) {
        assertThat(System.nanoTime()).as("a thread hangs").isLessThan(end);
        Thread.sleep(1);
      }
    }
    check();
  }

  private void check() {
    Throwable seen = failure.get();
    if (seen != null) {
      throw new AssertionError("the client noticed the swap", seen);
    }
  }

  /** Ends the work and closes the device. */
  @Override
  public void close() {
    done.set(true);
    try {
      for (Thread thread : threads) {
        thread.join(PATIENCE);
        assertThat(thread.isAlive()).as("%s hangs", thread.getName()).isFalse();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    msi.close();
    edu.close();
    check();
  }
}

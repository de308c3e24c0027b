package busbar.model.edu;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuGroup;
import busbar.api.irq.InterruptSource.Handled;
import busbar.api.irq.InterruptSource.Sharing;
import busbar.api.irq.InterruptSource.Start;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciDevice;
import busbar.api.pci.PciDevice.MessageKind;
import busbar.api.time.SystemTiming;
import busbar.machine.Machine;
import busbar.machine.MachineDescription;
import java.lang.annotation.Annotation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The model on the embedded PC: through its IOMMU, with its interrupts, exchanged while it works.
 */
@Timeout(60)
class EduInMachineTest {
  private static final int PAGE = 4096;
  private static final long IOVA = 0x10000;
  private static final int TO_DEVICE = 5;
  private static final int TO_MEMORY = 7;

  private final PhysicalMemory memory = new PhysicalMemory();
  private final SystemTiming timing = new SystemTiming();
  private final Semaphore interrupts = new Semaphore(0);
  private final EduModelFactory first = factory();
  private Machine machine;
  private MmioWindow bar;
  private MemorySegment page;

  /** The factory as its component would make it. */
  static EduModelFactory factory() {
    return new EduModelFactory(
        new EduModelFactory.Config() {
          @Override
          public long dma_delay_micros() {
            return 100;
          }

          @Override
          public long factorial_delay_micros() {
            return 100;
          }

          @Override
          public Class<? extends Annotation> annotationType() {
            return EduModelFactory.Config.class;
          }
        });
  }

  @BeforeEach
  void switchOn() {
    machine = new Machine(MachineDescription.embedded(), memory, timing, List.of(first));
    PciDevice edu =
        machine.buses().getFirst().devices().stream()
            .filter(each -> each.name().equals("0000:00:04.0"))
            .map(PciDevice.class::cast)
            .findFirst()
            .orElseThrow();
    edu.writeConfig(4, 2, 6);
    assertThat(edu.enableMessages(MessageKind.MSI, 1)).isEqualTo(1);
    edu.message(0)
        .request(
            "test",
            Sharing.EXCLUSIVE,
            Start.ENABLED,
            () -> {
              interrupts.release();
              return Handled.YES;
            });
    bar = edu.bar(0);
    mapOnePage();
  }

  private void mapOnePage() {
    AddressSpace client = new AddressSpace("test", memory);
    long vaddr = client.allocate(PAGE);
    long physical = client.pin(vaddr, PAGE, Access.READ_WRITE).physical();
    page = memory.segment(physical).asSlice(PhysicalMemory.offset(physical), PAGE);
    var iommu = machine.iommus().getFirst();
    IommuGroup group =
        iommu.groups().stream().filter(each -> each.id() == 2).findFirst().orElseThrow();
    IommuDomain domain = iommu.allocateDomain();
    group.setOwner(IommuGroup.Owner.USER);
    domain.attach(group);
    domain.map(IOVA, physical, PAGE, IommuDomain.READ | IommuDomain.WRITE);
  }

  @AfterEach
  void switchOff() {
    machine.close();
    timing.close();
  }

  private void dma(long source, long destination, int command) throws InterruptedException {
    bar.store(0x80, 8, source);
    bar.store(0x88, 8, destination);
    bar.store(0x90, 8, 64);
    bar.store(0x98, 8, command);
    assertThat(interrupts.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    assertThat(bar.load(0x98, 8) & 1).isZero();
    assertThat(bar.load(0x24, 4)).isEqualTo(0x100);
    bar.store(0x64, 4, 0x100);
  }

  @Test
  void dmaPassesTheIommuAndEndsWithAMessage() throws InterruptedException {
    page.asSlice(0, 64).fill((byte) 0x5a);
    dma(IOVA, 0x40000, TO_DEVICE);
    dma(0x40000, IOVA + 0x800, TO_MEMORY);
    dma(0x40000, IOVA + PAGE, TO_MEMORY);

    assertThat(page.get(ValueLayout.JAVA_LONG, 0x838)).isEqualTo(0x5a5a5a5a5a5a5a5aL);
    assertThat(page.get(ValueLayout.JAVA_LONG, 0x840)).isZero();
    assertThat(machine.iommus().getFirst().recentFaults()).hasSize(1);
  }

  @Test
  void noTransferAndNoInterruptIsLostOrDoubledWhileTheModelIsExchanged() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    Thread operator =
        Thread.ofPlatform()
            .start(
                () -> {
                  EduModelFactory current = first;
                  while (!stop.get()) {
                    EduModelFactory next = factory();
                    machine.addModels(next);
                    machine.removeModels(current);
                    current = next;
                  }
                });
    for (int i = 1; i <= 150; i++) {
      page.asSlice(0, 64).fill((byte) i);
      dma(IOVA, 0x40000, TO_DEVICE);
      dma(0x40000, IOVA + 0x800, TO_MEMORY);
      assertThat(page.get(ValueLayout.JAVA_BYTE, 0x83f)).isEqualTo((byte) i);
    }
    stop.set(true);
    operator.join();
    assertThat(interrupts.availablePermits()).isZero();
  }

  @Test
  void aCommandThatAnUpdateInterruptsIsFinishedByTheNextVersion() throws InterruptedException {
    page.asSlice(0, 64).fill((byte) 0x77);
    dma(IOVA, 0x40000, TO_DEVICE);
    bar.store(0x88, 8, IOVA + 0x400);
    bar.store(0x80, 8, 0x40000);
    bar.store(0x98, 8, TO_MEMORY);
    machine.removeModels(first);
    machine.addModels(factory());

    assertThat(interrupts.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    assertThat(page.get(ValueLayout.JAVA_BYTE, 0x43f)).isEqualTo((byte) 0x77);
    assertThat(interrupts.availablePermits()).isZero();
  }
}

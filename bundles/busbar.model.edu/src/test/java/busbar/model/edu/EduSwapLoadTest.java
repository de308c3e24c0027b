package busbar.model.edu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
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
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Way;
import busbar.api.swap.SwapSettings;
import busbar.api.time.SystemTiming;
import busbar.machine.Machine;
import busbar.machine.MachineDescription;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The model is exchanged all the time while threads read and write registers, do DMA and raise
 * interrupts: no access fails, no byte is wrong, every interrupt arrives once.
 *
 * <p>In the long profile 1,000 exchanges, with the distribution of their pauses on standard output.
 */
@Timeout(300)
class EduSwapLoadTest {
  private static final String EDU = "0000:00:04.0";
  private static final int PAGE = 4096;
  private static final long IOVA = 0x10000;
  private static final int DMA_WITH_INTERRUPT = 5;
  private static final int TO_MEMORY = 2;
  private static final boolean LONG = Boolean.getBoolean("busbar.long");
  private static final int SWAPS = LONG ? 1000 : 60;

  private final PhysicalMemory memory = new PhysicalMemory();
  private final SystemTiming timing = new SystemTiming();
  private final EduModelFactory one = EduInMachineTest.factory();
  private final EduModelFactory two = EduInMachineTest.factory();
  private final Machine machine =
      new Machine(MachineDescription.embedded(), memory, timing, List.of(one));
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong raised = new AtomicLong();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private PciDevice edu;
  private MmioWindow bar;
  private MemorySegment page;

  @AfterEach
  void switchOff() {
    machine.close();
    timing.close();
  }

  private void setUp() {
    edu =
        machine.buses().getFirst().devices().stream()
            .filter(each -> each.name().equals(EDU))
            .map(PciDevice.class::cast)
            .findFirst()
            .orElseThrow();
    edu.writeConfig(4, 2, 6);
    bar = edu.bar(0);
    AddressSpace client = new AddressSpace("test", memory);
    long physical = client.pin(client.allocate(PAGE), PAGE, Access.READ_WRITE).physical();
    page = memory.segment(physical).asSlice(PhysicalMemory.offset(physical), PAGE);
    var iommu = machine.iommus().getFirst();
    IommuGroup group =
        iommu.groups().stream().filter(each -> each.id() == 2).findFirst().orElseThrow();
    IommuDomain domain = iommu.allocateDomain();
    group.setOwner(IommuGroup.Owner.USER);
    domain.attach(group);
    domain.map(IOVA, physical, PAGE, IommuDomain.READ | IommuDomain.WRITE);
  }

  private void countMessages() {
    assertThat(edu.enableMessages(MessageKind.MSI, 1)).isEqualTo(1);
    edu.message(0)
        .request(
            "test",
            Sharing.EXCLUSIVE,
            Start.ENABLED,
            () -> {
              delivered.incrementAndGet();
              bar.load(0, 4); // a handler may look at its device
              return Handled.YES;
            });
  }

  /** The handler acknowledges what it finds, from within the model's own call. */
  private void countLevels() {
    edu.intx()
        .orElseThrow()
        .request(
            "test",
            Sharing.SHARED,
            Start.ENABLED,
            () -> {
              long status = bar.load(0x24, 4);
              if (status == 0) {
                return Handled.NONE;
              }
              bar.store(0x64, 4, status);
              delivered.incrementAndGet();
              return Handled.YES;
            });
  }

  /** One level at a time: by a register, on this thread, or by work of the device's own. */
  private void raiseLevel(SplittableRandom random) {
    long wanted = raised.incrementAndGet();
    if (random.nextBoolean()) {
      bar.store(0x60, 4, 1);
    } else {
      bar.store(0x20, 4, 0x80);
      bar.store(0x08, 4, 5);
    }
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (delivered.get() < wanted || (bar.load(0x20, 4) & 1) != 0) {
      assertThat(System.nanoTime()).as("level %d is lost", wanted).isLessThan(patience);
      LockSupport.parkNanos(10_000);
    }
    assertThat(delivered).hasValue(wanted);
    assertThat(bar.load(0x24, 4)).isZero();
  }

  private interface Work {
    void round(SplittableRandom random) throws Exception;
  }

  private void run(int seed, Work work) {
    threads.add(
        Thread.ofPlatform()
            .start(
                () -> {
                  SplittableRandom random = new SplittableRandom(seed);
                  try {
                    while (!stop.get()) {
                      work.round(random);
                    }
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                }));
  }

  private void readAndWrite(SplittableRandom random) {
    int value = random.nextInt();
    bar.store(4, 4, value & 0xffff_ffffL);
    assertThat((int) bar.load(4, 4)).isEqualTo(~value);
    assertThat((int) bar.load(0, 4)).isEqualTo(0x010000ed);
  }

  private void raise(SplittableRandom random) {
    raised.incrementAndGet();
    bar.store(0x60, 4, 1);
    bar.store(0x64, 4, 1);
    if (random.nextInt(16) == 0) {
      LockSupport.parkNanos(20_000);
    }
  }

  private void transfer(SplittableRandom random) {
    byte mark = (byte) random.nextInt();
    int length = random.nextInt(1, 1024);
    page.asSlice(0, length).fill(mark);
    page.asSlice(2048, length + 1).fill((byte) ~mark);
    command(IOVA, 0x40000, length, DMA_WITH_INTERRUPT);
    command(0x40000, IOVA + 2048, length, DMA_WITH_INTERRUPT | TO_MEMORY);
    assertThat(page.asSlice(0, length).mismatch(page.asSlice(2048, length))).isEqualTo(-1);
    assertThat(page.get(ValueLayout.JAVA_BYTE, 2048 + length)).isEqualTo((byte) ~mark);
  }

  private void command(long source, long destination, int length, int command) {
    raised.incrementAndGet();
    bar.store(0x80, 8, source);
    bar.store(0x88, 8, destination);
    bar.store(0x90, 8, length);
    bar.store(0x98, 8, command);
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while ((bar.load(0x98, 8) & 1) != 0) {
      assertThat(System.nanoTime()).as("a transfer does not end").isLessThan(patience);
      LockSupport.parkNanos(10_000);
    }
  }

  private List<Long> exchange(boolean update) throws InterruptedException {
    List<Long> pauses = new ArrayList<>();
    List<SwapRecord> records = new CopyOnWriteArrayList<>();
    machine.journal(
        ended -> {
          records.add(ended);
          return ended;
        });
    machine.addModels(two);
    EduModelFactory current = one;
    EduModelFactory other = two;
    if (update) {
      machine.removeModels(two);
    }
    for (int i = 0; i < SWAPS; i++) {
      if (update) {
        machine.removeModels(current);
        machine.addModels(other);
      } else {
        machine.swap(EDU, Candidate.plain("edu"), Way.SIDE_BY_SIDE, "test");
      }
      EduModelFactory swapped = current;
      current = other;
      other = swapped;
      TimeUnit.MILLISECONDS.sleep(1);
    }
    for (SwapRecord record : records) {
      assertThat(record.result()).as(record.because()).isEqualTo(SwapRecord.Result.DONE);
      if (record.target().equals(EDU)) {
        pauses.add(record.pauseNanos());
      }
    }
    if (LONG) {
      for (String phase : List.of("create", "drain", "save", "restore", "switch")) {
        print(
            "  " + phase,
            records.stream()
                .filter(each -> each.target().equals(EDU))
                .flatMap(each -> each.phases().stream())
                .filter(each -> each.name().equals(phase))
                .map(SwapRecord.Phase::nanos)
                .collect(java.util.stream.Collectors.toList()));
      }
    }
    return pauses;
  }

  private void workWithMessages() {
    setUp();
    countMessages();
    run(1, this::readAndWrite);
    run(2, this::raise);
    run(3, this::transfer);
    run(4, random -> assertThat((int) bar.load(0, 4)).isEqualTo(0x010000ed));
  }

  private void workWithLevels() {
    setUp();
    countLevels();
    run(1, this::readAndWrite);
    run(2, this::raiseLevel);
    run(3, random -> assertThat((int) bar.load(0, 4)).isEqualTo(0x010000ed));
  }

  private void check(boolean update) throws Exception {
    List<Long> pauses = exchange(update);
    assertThat(pauses).hasSize(SWAPS);
    checkWork();
    if (LONG) {
      print(update ? "update" : "side by side", pauses);
    }
  }

  /** Successors that fail, of all kinds, side by side and after the old one has gone. */
  private void failInAllWays() throws InterruptedException {
    SplittableRandom random = new SplittableRandom(LONG ? System.nanoTime() : 42);
    machine.settings(new SwapSettings(60_000, Faulty.HANG_MILLIS / 2, SwapPolicy.MANUAL));
    List<SwapRecord> records = new CopyOnWriteArrayList<>();
    machine.journal(
        ended -> {
          records.add(ended);
          return ended;
        });
    EduModelFactory current = one;
    for (int i = 0; i < (LONG ? 30 : 6); i++) {
      Faulty bad = new Faulty(Faulty.Fault.values()[i % Faulty.Fault.values().length]);
      if (random.nextBoolean()) {
        machine.addModels(bad);
        assertThatThrownBy(
                () -> machine.swap(EDU, Candidate.plain("edu"), Way.SIDE_BY_SIDE, "test"))
            .isInstanceOf(VfioException.class);
        machine.removeModels(bad);
        TimeUnit.MILLISECONDS.sleep(random.nextInt(3));
      } else {
        EduModelFactory next = EduInMachineTest.factory();
        machine.removeModels(current);
        machine.addModels(bad);
        machine.addModels(next);
        machine.removeModels(bad);
        current = next;
      }
    }
    assertThat(records)
        .extracting(SwapRecord::result)
        .contains(SwapRecord.Result.KEPT, SwapRecord.Result.WAITING, SwapRecord.Result.DONE)
        .doesNotContain(SwapRecord.Result.LOST);
  }

  private void checkWork() throws InterruptedException {
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (delivered.get() < raised.get() && System.nanoTime() < patience) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    TimeUnit.MILLISECONDS.sleep(5);
    assertThat(delivered).hasValue(raised.get());
    assertThat(machine.iommus().getFirst().recentFaults()).isEmpty();
  }

  private void print(String way, List<Long> pauses) {
    Collections.sort(pauses);
    System.out.printf(
        "%s: %d exchanges, %d interrupts, pause µs p50 %d, p90 %d, p99 %d, max %d%n",
        way,
        pauses.size(),
        delivered.get(),
        pauses.get(pauses.size() / 2) / 1000,
        pauses.get(pauses.size() * 9 / 10) / 1000,
        pauses.get(pauses.size() * 99 / 100) / 1000,
        pauses.getLast() / 1000);
  }

  @Test
  void nothingIsLostDoubledOrWrongWhileModelsAreExchangedSideBySide() throws Exception {
    workWithMessages();
    check(false);
  }

  @Test
  void nothingIsLostDoubledOrWrongWhileTheModelIsUpdated() throws Exception {
    workWithMessages();
    check(true);
  }

  @Test
  void nothingIsLostDoubledOrWrongWhileSuccessorsFailInAllWays() throws Exception {
    workWithMessages();
    failInAllWays();
    checkWork();
  }

  @Test
  void noLevelIsLostOrDoubledWhileSuccessorsFailInAllWays() throws Exception {
    workWithLevels();
    failInAllWays();
    checkWork();
  }

  @Test
  void everyLevelIsHandledOnceWhileModelsAreExchangedSideBySide() throws Exception {
    workWithLevels();
    check(false);
  }

  @Test
  void everyLevelIsHandledOnceWhileTheModelIsUpdated() throws Exception {
    workWithLevels();
    check(true);
  }
}

package busbar.machine.internal.iommu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.iommu.IommuDomain;
import busbar.api.iommu.IommuDomain.DirtyTracking;
import busbar.api.iommu.IommuFault;
import busbar.api.iommu.IommuGroup.Owner;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.api.time.VirtualTiming;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SimDomainTest {
  private static final long PAGE = 4096;
  private static final int READ = IommuDomain.READ;
  private static final int BOTH = IommuDomain.READ | IommuDomain.WRITE;

  private final PhysicalMemory memory = new PhysicalMemory();
  private final AddressSpace client = new AddressSpace("test", memory);
  private final SimIommu iommu =
      new SimIommu(
          "dmar0", new IommuHardware("vt-d", 48, 0x40201000L, (1L << 48) - 1, true, true, true));
  private final SimGroup group = new SimGroup(2, "DMA", List.of(), List.of("0000:00:04.0"), iommu);
  private final SimDomain domain = (SimDomain) iommu.allocateDomain();
  private final AtomicBoolean busMaster = new AtomicBoolean(true);
  private final List<Integer> messages = new ArrayList<>();
  private final DeviceDma dma =
      new DeviceDma(
          "0000:00:04.0",
          group,
          memory,
          new DeviceDma.Messages() {
            @Override
            public long base() {
              return 0xfee0_0000L;
            }

            @Override
            public long size() {
              return 1 << 20;
            }

            @Override
            public boolean deliver(long address, int data) {
              return messages.add(data);
            }
          },
          busMaster::get,
          new VirtualTiming(),
          CallScope.NONE);
  private final MemorySegment buffer = Arena.ofAuto().allocate(1 << 20, PAGE);

  private long physical(int pages) {
    long vaddr = client.allocate(pages * PAGE);
    return client.pin(vaddr, pages * PAGE, Access.READ_WRITE).physical();
  }

  private List<String> reasons() {
    return iommu.recentFaults().stream().map(IommuFault::reason).toList();
  }

  @Test
  void dmaReachesWhatIsMappedAndCrossesPagesThatAreFarApart() {
    long first = physical(1);
    long second = physical(1);
    domain.attach(group);
    domain.map(0x10000, second, PAGE, BOTH);
    domain.map(0x11000, first, PAGE, BOTH);
    buffer.asSlice(0, 64).fill((byte) 0x5a);
    assertTrue(dma.write(0x10fe0, buffer, 0, 64));
    MemorySegment second32 =
        memory.segment(second).asSlice(PhysicalMemory.offset(second) + 0xfe0, 32);
    MemorySegment first32 = memory.segment(first).asSlice(PhysicalMemory.offset(first), 32);
    assertArrayEquals(
        buffer.asSlice(0, 32).toArray(ValueLayout.JAVA_BYTE),
        second32.toArray(ValueLayout.JAVA_BYTE));
    assertArrayEquals(
        buffer.asSlice(32, 32).toArray(ValueLayout.JAVA_BYTE),
        first32.toArray(ValueLayout.JAVA_BYTE));
    assertEquals(List.of(), reasons());
  }

  @Test
  void dmaToAnUnmappedAddressReadsOnesAndIsReported() {
    domain.attach(group);
    domain.map(0x10000, physical(1), PAGE, BOTH);
    assertFalse(dma.read(0x10ff0, buffer, 0, 32));
    assertEquals(0, buffer.get(ValueLayout.JAVA_BYTE, 15));
    assertEquals(-1, buffer.get(ValueLayout.JAVA_BYTE, 16));
    assertEquals(1, iommu.recentFaults().size());
    IommuFault fault = iommu.recentFaults().getFirst();
    assertEquals(0x11000, fault.iova());
    assertEquals(2, fault.groupId());
    assertEquals(Access.READ, fault.access());
    assertEquals("no mapping", fault.reason());
  }

  @Test
  void aReadOnlyMappingTakesNoWrites() {
    domain.attach(group);
    domain.map(0x10000, physical(1), PAGE, READ);
    assertTrue(dma.read(0x10000, buffer, 0, 16));
    assertFalse(dma.write(0x10000, buffer, 0, 16));
    assertEquals(List.of("the mapping is read-only"), reasons());
  }

  @Test
  void onlyTheLast256FaultsAreKept() {
    domain.attach(group);
    dma.read(0, buffer, 0, 300 * 1024);
    dma.read(0x10_0000_0000L, buffer, 0, 256 * PAGE);
    assertEquals(256, iommu.recentFaults().size());
    assertEquals(0x10_0000_0000L, iommu.recentFaults().getFirst().iova());
  }

  @Test
  void withoutBusMasteringNothingLeavesTheDevice() {
    domain.attach(group);
    domain.map(0, physical(1), PAGE, BOTH);
    busMaster.set(false);
    assertFalse(dma.read(0, buffer, 0, 16));
    assertEquals(List.of(), reasons());
  }

  @Test
  void aGroupOfAUserWithoutADomainIsBlocked() {
    group.setOwner(Owner.USER);
    assertFalse(dma.write(0, buffer, 0, 16));
    assertEquals(
        List.of("DMA of the group is blocked: it is attached to no page table"), reasons());
  }

  @Test
  void addressesBeyondTheApertureAreRefusedToDevicesAndToDrivers() {
    domain.attach(group);
    assertFalse(dma.read(1L << 48, buffer, 0, 16));
    assertEquals(List.of("the address is beyond the aperture"), reasons());
    VfioException refused =
        assertThrows(VfioException.class, () -> domain.map((1L << 48) - PAGE, 0, 2 * PAGE, BOTH));
    assertEquals(Errno.ERANGE, refused.errno());
  }

  @Test
  void aWriteOfFourBytesIntoTheMessageRangeIsAnInterruptEvenIfItIsMapped() {
    domain.attach(group);
    domain.map(0xfee00000L, physical(1), PAGE, BOTH);
    buffer.set(ValueLayout.JAVA_INT, 0, 0x4021);
    assertTrue(dma.write(0xfee00000L, buffer, 0, 4));
    assertEquals(List.of(0x4021), messages);
    assertFalse(dma.read(0xfee00000L, buffer, 0, 4));
  }

  @Test
  void dirtyBitsTellWhichPagesWereWrittenAndAreClearedByReading() {
    domain.attach(group);
    domain.map(0x10000, physical(4), 4 * PAGE, BOTH);
    dma.write(0x13000, buffer, 0, 16);
    domain.setDirtyTracking(DirtyTracking.ON);
    dma.write(0x10ff8, buffer, 0, 16);
    dma.read(0x12000, buffer, 0, 16);
    assertEquals(List.of(0x10000L, 0x11000L), dirty());
    assertEquals(List.of(), dirty());
    dma.write(0x12000, buffer, 0, 16);
    assertEquals(List.of(0x12000L), dirty());
  }

  private List<Long> dirty() {
    List<Long> found = new ArrayList<>();
    domain.readAndClearDirty(0, 1L << 30, (iova, size) -> found.add(iova));
    return found;
  }

  @Test
  void aFreedClientArenaIsNothingToADevice() {
    long base;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment segment = arena.allocate(PAGE, PAGE);
      base = memory.add(segment);
      domain.attach(group);
      domain.map(0x10000, base, PAGE, BOTH);
      assertTrue(dma.read(0x10000, buffer, 0, 16));
    }
    assertFalse(dma.read(0x10000, buffer, 0, 16));
    assertEquals(List.of("nothing answers at the physical address"), reasons());
  }

  @Test
  void afterFlushNoDmaUsesTheOldTranslation() throws InterruptedException {
    domain.attach(group);
    long page = physical(1);
    MemorySegment bytes = memory.segment(page).asSlice(PhysicalMemory.offset(page), PAGE);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong writes = new AtomicLong();
    Thread device =
        Thread.ofPlatform()
            .start(
                () -> {
                  MemorySegment ones = Arena.ofAuto().allocate(PAGE).fill((byte) 1);
                  while (!stop.get()) {
                    if (dma.write(0x10000, ones, 0, PAGE)) {
                      writes.incrementAndGet();
                    }
                  }
                });
    long changedAfterFlush = 0;
    for (int i = 0; i < 2000 || writes.get() == 0; i++) {
      domain.map(0x10000, page, PAGE, BOTH);
      Thread.onSpinWait();
      domain.unmap(0x10000, PAGE);
      domain.flush(0x10000, PAGE);
      bytes.fill((byte) 0);
      for (long at = 0; at < PAGE; at += 8) {
        changedAfterFlush |= bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
      }
    }
    stop.set(true);
    device.join();
    assertEquals(0, changedAfterFlush);
  }

  @Test
  void twoThreadsMapAndUnmapDisjointRangesOfOneTable() throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    List<Throwable> failures = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int number = 0; number < 2; number++) {
      long base = number * (8L << 20);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      start.await();
                      churn(base);
                    } catch (Throwable e) {
                      synchronized (failures) {
                        failures.add(e);
                      }
                    }
                  }));
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), failures);
    domain.flush(0, 1L << 30);
    domain.close();
    assertEquals(0, iommu.tablePages());
  }

  private void churn(long base) {
    for (int round = 0; round < 300; round++) {
      long size = (1 + round % 3) * (2L << 20) + round % 5 * PAGE;
      domain.map(base, PhysicalMemory.CLIENT + base, size, BOTH);
      for (long at = base; at < base + size; at += 509 * PAGE) {
        assertEquals(PhysicalMemory.CLIENT + at, domain.translate(at));
      }
      assertEquals(size, domain.unmap(base, size));
      domain.flush(base, size);
      assertEquals(-1, domain.translate(base));
    }
  }

  @Test
  void emptyTablesAreGivenBackButForOneEachRange() {
    for (int i = 0; i < 1000; i++) {
      long iova = i * (4L << 20);
      domain.map(iova, PhysicalMemory.CLIENT, PAGE, BOTH);
      domain.unmap(iova, PAGE);
      domain.flush(iova, PAGE);
    }
    assertTrue(iommu.tablePages() < 20, () -> iommu.tablePages() + " pages");
  }

  @Test
  void aGroupOfOtherHardwareCannotAttach() {
    SimIommu other =
        new SimIommu(
            "dmar1", new IommuHardware("vt-d", 48, 0x40201000L, (1L << 48) - 1, true, true, true));
    SimGroup stranger = new SimGroup(0, "DMA", List.of(), List.of("x"), other);
    VfioException refused = assertThrows(VfioException.class, () -> domain.attach(stranger));
    assertEquals(Errno.EINVAL, refused.errno());
  }
}

package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.READ;
import static busbar.type1.TestContainer.RW;
import static busbar.type1.TestContainer.WRITE;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.type1.TestContainer.mapArgument;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.Kind;
import busbar.api.memory.Protection;
import busbar.type1.FakeIommu.FakeDomain.Entry;
import busbar.type1.FakeIommu.FakeDomain.MapCall;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MapDmaTest {
  private static final int VADDR = VFIO_DMA_MAP_FLAG_VADDR;
  private static final long LAST_PAGE = -PAGE;
  private final TestContainer container = TestContainer.v2();
  private final long vaddr = container.memory.allocate(16 * PAGE);

  private void expect(Errno errno, int flags, long address, long iova, long size) {
    assertErrno(errno, () -> container.map(flags, address, iova, size));
  }

  // The order of checks: each test breaks one rule and, where that is possible, all behind it.

  @Test
  void copyInComesFirst() {
    MemorySegment shorter = mapArgument(0, -1, 1, 1, 0).asSlice(0, 31);
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_MAP_DMA, shorter));
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_MAP_DMA, Args.immediate(0x10)));
  }

  @Test
  void argszAndFlagsComeBeforeTheRange() {
    for (int argsz : new int[] {0, 8, 31}) {
      MemorySegment argument = mapArgument(argsz, RW, vaddr, LAST_PAGE, 2 * PAGE);
      assertErrno(Errno.EINVAL, () -> container.ioctl(VFIO_IOMMU_MAP_DMA, argument));
    }
    expect(Errno.EINVAL, 8 | RW, vaddr, LAST_PAGE, 2 * PAGE);
    expect(Errno.EINVAL, 1 << 31 | RW, vaddr, LAST_PAGE, 2 * PAGE);
  }

  @Test
  void argszIsUnsigned() {
    MemorySegment argument = mapArgument(-1, RW, vaddr, 0, PAGE);
    assertThat(container.ioctl(VFIO_IOMMU_MAP_DMA, argument)).isZero();
  }

  @Test
  void sizeZeroComesBeforeOverflow() {
    expect(Errno.EINVAL, RW, -1, -1, 0);
  }

  @Test
  void overflowComesBeforeProtectionAndAlignment() {
    expect(Errno.EOVERFLOW, 0, vaddr, LAST_PAGE + 1, PAGE);
    expect(Errno.EOVERFLOW, 0, LAST_PAGE + 1, 0, PAGE);
    expect(Errno.EOVERFLOW, RW | VADDR, vaddr, 2, -1);
  }

  @Test
  void protectionComesBeforeAlignment() {
    assertThat(container.ioctl(VFIO_IOMMU_MAP_DMA, mapArgument(32, RW, vaddr, 0, PAGE))).isZero();
    expect(Errno.EINVAL, 0, vaddr, PAGE, PAGE);
    expect(Errno.EINVAL, READ | VADDR, vaddr, PAGE, PAGE);
    expect(Errno.EINVAL, WRITE | VADDR, vaddr, PAGE, PAGE);
    expect(Errno.EINVAL, RW | VADDR, vaddr, PAGE, PAGE);
  }

  @Test
  void alignmentComesBeforeLookingForTheMapping() {
    expect(Errno.EINVAL, VADDR, vaddr, 0x5001, PAGE);
    container.map(vaddr, 0, PAGE);
    expect(Errno.EINVAL, RW, vaddr, 1, PAGE);
    expect(Errno.EINVAL, RW, vaddr + 1, 0, PAGE);
    expect(Errno.EINVAL, RW, vaddr, 0, PAGE - 1);
  }

  @Test
  void overlapComesBeforeTheLimitAndTheLimitBeforeTheReservedRange() {
    container.parameters.set("dma_entry_limit", "1");
    container.iommu = container.driver.open(3, container.caller);
    container.attach(container.hardware.group(2, TestContainer.MSI));
    container.map(vaddr, 0xfedff000L, PAGE);
    expect(Errno.EEXIST, RW, 0, 0xfedff000L, 2 * PAGE);
    expect(Errno.ENOSPC, RW, 0, 0xfee00000L, PAGE);
    container.unmap(0xfedff000L, PAGE);
    expect(Errno.EINVAL, RW, 0, 0xfee00000L, PAGE);
    expect(Errno.EFAULT, RW, 0, 0, PAGE);
  }

  @Test
  void theLastPageOf64BitsCanBeMapped() {
    TestContainer emulated = TestContainer.emulated();
    emulated.map(vaddr, LAST_PAGE, PAGE);
    emulated.map(LAST_PAGE, 0, PAGE);
    assertErrno(Errno.EEXIST, () -> emulated.map(0, 2 * PAGE, -2 * PAGE));
    assertErrno(Errno.EOVERFLOW, () -> emulated.map(vaddr, LAST_PAGE, 2 * PAGE));
    assertThat(emulated.unmap(LAST_PAGE, PAGE)).isEqualTo(PAGE);
    emulated.map(0, PAGE, -PAGE);
    assertThat(emulated.unmap(2, 0, 0)).isZero();
  }

  @Test
  void aRangeMayTouchButNotEnterAReservedOne() {
    expect(Errno.EINVAL, RW, vaddr, 0xfedff000L, 0x1000 * PAGE);
    container.map(vaddr, 0xfedff000L, PAGE);
    container.map(vaddr, 0xfef00000L, PAGE);
    expect(Errno.EINVAL, RW, vaddr, 0xfeeff000L, PAGE);
    expect(Errno.EINVAL, RW, vaddr, 1L << 48, PAGE);
    expect(Errno.EINVAL, RW, vaddr, (1L << 48) - PAGE, 2 * PAGE);
    container.map(vaddr, (1L << 48) - PAGE, PAGE);
  }

  // What a mapping does

  @Test
  void protectionAndAddressesReachTheHardware() {
    container.map(READ, vaddr, 0x10000, PAGE);
    container.map(WRITE, vaddr + PAGE, 0x20000, PAGE);
    long physical = container.domain().translate(0x10000);
    assertThat(container.domain().pages)
        .containsEntry(0x10000L, new Entry(physical, 1))
        .containsEntry(0x20000L, new Entry(physical + PAGE, 2));
  }

  @Test
  void oneRunIsOneMapCall() {
    container.map(vaddr, 0x10000, 16 * PAGE);
    assertThat(container.domain().maps).hasSize(1);
    assertThat(container.domain().maps.getFirst().size()).isEqualTo(16 * PAGE);
  }

  @Test
  void hugePagesCanBeTurnedOff() {
    container.parameters.set("disable_hugepages", "Y");
    container.map(vaddr, 0x10000, 3 * PAGE);
    assertThat(container.domain().maps).extracting(MapCall::size).containsOnly(PAGE).hasSize(3);
    assertThat(container.unmap(0x10000, 3 * PAGE)).isEqualTo(3 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void memoryInPiecesIsMappedInPieces() {
    long base = 1L << 40;
    MemorySegment first = container.bytes(vaddr, 4 * PAGE);
    container.memory.place(first, base + PAGE, Protection.READ_WRITE, Kind.SHARED);
    container.memory.place(container.bytes(vaddr, PAGE), base, Protection.READ_WRITE, Kind.SHARED);
    container.map(base, 0x10000, 5 * PAGE);
    assertThat(container.domain().maps).extracting(MapCall::size).containsExactly(PAGE, 4 * PAGE);
    assertThat(container.memory.lockedPages()).isEqualTo(5);
    assertThat(container.unmap(0x10000, 5 * PAGE)).isEqualTo(5 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void aHoleInTheMemoryUndoesTheWholeMapping() {
    container.memory.unregister(vaddr + 8 * PAGE, PAGE);
    expect(Errno.EFAULT, RW, vaddr, 0x10000, 16 * PAGE);
    container.assertNothingLeft();
    assertThat(container.iommu.available).isEqualTo(65535);
    container.map(vaddr, 0x10000, 8 * PAGE);
  }

  @Test
  void aFailureOfTheHardwareUndoesTheWholeMappingInAllDomains() {
    FakeIommu other = new FakeIommu("smmuv3");
    container.attach(other.group(2));
    container.parameters.set("disable_hugepages", "Y");
    container.hardware.mapsUntilFailure = 2;
    container.hardware.mapFailure = Errno.ERANGE;
    expect(Errno.ERANGE, RW, vaddr, 0x10000, 4 * PAGE);
    container.assertNothingLeft();
    assertThat(other.openDomains().getFirst().pages).isEmpty();
    assertThat(other.openDomains().getFirst().maps).hasSize(3);
  }

  @Test
  void memoryIsPinnedForWritingOnlyIfDevicesMayWrite() {
    long readable = container.memory.allocate(PAGE, PAGE, Protection.READ, Kind.PRIVATE);
    container.map(READ, readable, 0, PAGE);
    expect(Errno.EFAULT, WRITE, readable, PAGE, PAGE);
    expect(Errno.EFAULT, RW, readable, PAGE, PAGE);
  }

  @Test
  void everyMappingIsChargedAlsoOfTheSamePage() {
    container.map(vaddr, 0, PAGE);
    container.map(vaddr, PAGE, PAGE);
    assertThat(container.memory.lockedPages()).isEqualTo(2);
    assertThat(container.physical.pinnedBytes()).isEqualTo(2 * PAGE);
    container.unmap(0, PAGE);
    assertThat(container.memory.lockedPages()).isEqualTo(1);
  }

  @Test
  void theLockedMemoryLimitBindsUnlessIpcLockWaivesIt() {
    container.memory.setLockedLimitBytes(4 * PAGE);
    container.map(vaddr, 0, 3 * PAGE);
    expect(Errno.ENOMEM, RW, vaddr, 0x10000, 2 * PAGE);
    assertThat(container.memory.lockedPages()).isEqualTo(3);
    assertThat(container.physical.pinnedBytes()).isEqualTo(3 * PAGE);
    container.map(vaddr, 0x10000, PAGE);
    container.caller.capabilities.add(Capability.IPC_LOCK);
    container.map(vaddr, 0x20000, 16 * PAGE);
    assertThat(container.memory.lockedPages()).isEqualTo(20);
  }

  @Test
  void theLimitIsFoundBeforeAHoleBehindIt() {
    container.memory.setLockedLimitBytes(2 * PAGE);
    container.memory.unregister(vaddr + 4 * PAGE, PAGE);
    expect(Errno.ENOMEM, RW, vaddr, 0, 8 * PAGE);
    container.memory.setLockedLimitBytes(4 * PAGE);
    expect(Errno.EFAULT, RW, vaddr, 0, 8 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void memoryThatIsUnregisteredStaysForTheDevice() {
    container.map(vaddr, 0, 16 * PAGE);
    container.memory.unregister(vaddr, 16 * PAGE);
    assertThat(container.memory.lockedPages()).isEqualTo(16);
    assertThat(container.physical.segment(container.domain().translate(0))).isNotNull();
    container.unmap(0, 16 * PAGE);
    container.assertNothingLeft();
    assertThat(container.physical.blockCount()).isZero();
  }

  @Test
  void theDefaultLimitIs65535Mappings() {
    TestContainer emulated = TestContainer.emulated();
    for (int i = 0; i < 65535; i++) {
      emulated.map(vaddr, i * PAGE, PAGE);
    }
    assertErrno(Errno.ENOSPC, () -> emulated.map(vaddr, 65535 * PAGE, PAGE));
    assertThat(emulated.unmap(2, 0, 0)).isEqualTo(65535 * PAGE);
    emulated.map(vaddr, 65535 * PAGE, PAGE);
  }

  @Test
  void theLimitIsTheOneOfWhenTheContainerChoseTheBackend() {
    container.parameters.set("dma_entry_limit", "0");
    container.map(vaddr, 0, PAGE);
    container.iommu = container.driver.open(3, container.caller);
    expect(Errno.ENOSPC, RW, vaddr, 0, PAGE);
  }

  @Test
  void withoutHardwareNothingIsPinned() {
    TestContainer emulated = TestContainer.emulated();
    emulated.map(0x123000, 0, 16 * PAGE);
    assertThat(emulated.memory.lockedPages()).isZero();
  }

  @Test
  void aMappingTooLargeForADirtyBitmapIsRefusedWhileTracking() {
    TestContainer emulated = TestContainer.emulated();
    emulated.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    long tooLarge = (1L << 31) * PAGE;
    assertErrno(Errno.EINVAL, () -> emulated.map(0, 0, tooLarge));
    assertThat(emulated.iommu.mappings.isEmpty()).isTrue();
    assertThat(emulated.iommu.available).isEqualTo(65535);
  }

  // New vaddr

  @Test
  void aNewVaddrIsForASuspendedMappingOfExactlyThatRange() {
    expect(Errno.ENOENT, VADDR, vaddr, 0x10000, PAGE);
    container.map(vaddr, 0x10000, 4 * PAGE);
    expect(Errno.EINVAL, VADDR, vaddr, 0x10000, 4 * PAGE);
    assertThat(container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0x10000, 4 * PAGE)).isEqualTo(4 * PAGE);
    expect(Errno.EINVAL, VADDR, vaddr, 0x10000, 2 * PAGE);
    expect(Errno.EINVAL, VADDR, vaddr, 0x11000, 3 * PAGE);
    expect(Errno.EINVAL, VADDR, vaddr, 0xf000, 8 * PAGE);
    expect(Errno.ENOENT, VADDR, vaddr, 0x50000, 4 * PAGE);
    container.map(VADDR, 0x777000, 0x10000, 4 * PAGE);
    assertThat(container.iommu.suspended).isZero();
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    assertThat(container.unmap(0x10000, 4 * PAGE)).isEqualTo(4 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void whoGivesTheNewVaddrTakesOverTheCharge() {
    AddressSpace heirMemory = new AddressSpace("heir", container.physical);
    FakeCaller heir = new FakeCaller(heirMemory);
    container.map(vaddr, 0x10000, 4 * PAGE);
    container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0x10000, 4 * PAGE);
    heirMemory.setLockedLimitBytes(3 * PAGE);
    assertErrno(Errno.ENOMEM, () -> container.map(heir, VADDR, 0x5000, 0x10000, 4 * PAGE));
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    assertThat(container.iommu.suspended).isEqualTo(1);

    heir.capabilities.add(Capability.IPC_LOCK);
    container.map(heir, VADDR, 0x5000, 0x10000, 4 * PAGE);
    assertThat(container.memory.lockedPages()).isZero();
    assertThat(heirMemory.lockedPages()).isEqualTo(4);
    container.unmap(0x10000, 4 * PAGE);
    assertThat(heirMemory.lockedPages()).isZero();
    container.assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void theFirstOwnerMayBeGone(int cycles) {
    container.map(vaddr, 0x10000, 4 * PAGE);
    container.memory.close();
    FakeCaller last = container.caller;
    for (int i = 0; i < cycles; i++) {
      AddressSpace memory = new AddressSpace("heir" + i, container.physical);
      container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0x10000, 4 * PAGE);
      last = new FakeCaller(memory);
      container.map(last, VADDR, 0x5000, 0x10000, 4 * PAGE);
      assertThat(memory.lockedPages()).isEqualTo(4);
      memory.close();
    }
    container.unmap(0x10000, 4 * PAGE);
    assertThat(last.memory().lockedPages()).isZero();
    assertThat(container.physical.blockCount()).isZero();
  }
}

package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.type1.TestContainer.unmapArgument;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.type1.FakeIommu.FakeGroup;
import busbar.uapi.VfioBitmap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnmapDmaTest {
  private static final int BITMAP = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
  private static final int ALL = VFIO_DMA_UNMAP_FLAG_ALL;
  private static final int VADDR = VFIO_DMA_UNMAP_FLAG_VADDR;
  private static final long LAST_PAGE = -PAGE;

  private final TestContainer container = TestContainer.v2();
  private final long vaddr = container.memory.allocate(64 * PAGE);
  private final long bitmap = container.memory.allocate(PAGE);

  private void expect(Errno errno, int flags, long iova, long size) {
    assertErrno(errno, () -> container.unmap(flags, iova, size));
  }

  private void expect(Errno errno, MemorySegment argument) {
    long size = argument.byteSize() < 24 ? 0 : VfioIommuType1DmaUnmap.decode(argument).size();
    assertErrno(errno, () -> container.ioctl(VFIO_IOMMU_UNMAP_DMA, argument));
    if (argument.byteSize() >= 24) {
      assertThat(VfioIommuType1DmaUnmap.decode(argument).size()).isEqualTo(size);
    }
  }

  private VfioBitmap pages(long pgsize, long size, long data) {
    return new VfioBitmap(pgsize, size, data);
  }

  // The order of checks

  @Test
  void copyInComesFirst() {
    expect(Errno.EFAULT, unmapArgument(0, -1, 1, 0, null).asSlice(0, 23));
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_UNMAP_DMA, Args.immediate(0)));
  }

  @Test
  void argszAndFlagsComeNext() {
    expect(Errno.EINVAL, unmapArgument(0, ALL, 0, 0, null));
    expect(Errno.EINVAL, unmapArgument(23, ALL, 0, 0, null));
    expect(Errno.EINVAL, 8 | ALL, 0, 0);
    expect(Errno.EINVAL, 1 << 31, LAST_PAGE, 2 * PAGE);
  }

  @Test
  void theBitmapIsForPlainUnmapsAlone() {
    MemorySegment tooShort = unmapArgument(24, BITMAP | ALL, 0, 0, null).asSlice(0, 24);
    expect(Errno.EINVAL, tooShort);
    expect(Errno.EINVAL, unmapArgument(48, BITMAP | ALL, 0, 0, pages(PAGE, 8, bitmap)));
    expect(Errno.EINVAL, unmapArgument(48, BITMAP | VADDR, 0, PAGE, pages(PAGE, 8, bitmap)));
  }

  @Test
  void argszOfTheBitmapComesBeforeItsCopyIn() {
    expect(Errno.EINVAL, unmapArgument(47, BITMAP, 0, PAGE, null).asSlice(0, 24));
    expect(Errno.EFAULT, unmapArgument(48, BITMAP, 0, PAGE, null).asSlice(0, 47));
  }

  @ParameterizedTest
  @CsvSource({
    "4096, 0, 1", // no bitmap
    "4096, 7, 1", // shorter than a word
    "4096, 8, 65", // one word for 65 pages
    "4096, 268435457, 1", // over the maximum
    "8192, 8, 1", // no whole page
    "0, 8, 1" // no page at all
  })
  void aBitmapThatCannotHoldTheRangeIsEinval(long pgsize, long size, long count) {
    MemorySegment argument =
        unmapArgument(48, BITMAP, LAST_PAGE + 1, count * PAGE, pages(pgsize, size, bitmap));
    expect(Errno.EINVAL, argument);
  }

  @Test
  void aBitmapOutsideUserSpaceIsEinval() {
    container.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    container.map(vaddr, 0, PAGE);
    expect(Errno.EINVAL, unmapArgument(48, BITMAP, 0, PAGE, pages(PAGE, 8, -1)));
    expect(Errno.EINVAL, unmapArgument(48, BITMAP, 0, PAGE, pages(PAGE, 8, Long.MIN_VALUE)));
    expect(Errno.EFAULT, unmapArgument(48, BITMAP, 0, PAGE, pages(PAGE, 8, 0)));
  }

  @Test
  void anEmulatedGroupForbidsToSuspendBeforeTheRangeIsLookedAt() {
    container.attachEmulated(FakeGroup.emulated(9));
    expect(Errno.EBUSY, VADDR, 1, 0);
    expect(Errno.EBUSY, VADDR | ALL, 1, 1);
  }

  @Test
  void alignmentOfIovaComesBeforeSizeAndOverflow() {
    expect(Errno.EINVAL, 0, LAST_PAGE + 1, 2 * PAGE);
    expect(Errno.EINVAL, ALL, 1, 0);
  }

  @Test
  void allTakesNoRange() {
    expect(Errno.EINVAL, ALL, PAGE, 0);
    expect(Errno.EINVAL, ALL, 0, PAGE);
    assertThat(container.unmap(ALL, 0, 0)).isZero();
  }

  @Test
  void sizeComesBeforeOverflow() {
    expect(Errno.EINVAL, 0, PAGE, 0);
    expect(Errno.EINVAL, 0, LAST_PAGE, PAGE + 1);
    expect(Errno.EINVAL, 0, 0, -1);
    expect(Errno.EOVERFLOW, 0, LAST_PAGE, 2 * PAGE);
    expect(Errno.EOVERFLOW, 0, 0x10000, -PAGE);
  }

  @Test
  void overflowComesBeforeDirtyTracking() {
    expect(Errno.EOVERFLOW, unmapArgument(48, BITMAP, LAST_PAGE, 2 * PAGE, pages(PAGE, 8, bitmap)));
  }

  @Test
  void dirtyTrackingComesBeforeCuttingAMapping() {
    container.map(vaddr, 0, 4 * PAGE);
    expect(Errno.EINVAL, unmapArgument(48, BITMAP, 0, 4 * PAGE, pages(PAGE, 8, bitmap)));
    container.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    expect(Errno.EINVAL, unmapArgument(48, BITMAP, 0, 4 * PAGE, pages(2 * PAGE, 8, bitmap)));
    expect(Errno.EINVAL, unmapArgument(48, BITMAP, 0, 2 * PAGE, pages(PAGE, 8, 0)));
    assertThat(container.unmap(unmapArgument(48, BITMAP, 0, 4 * PAGE, pages(PAGE, 8, bitmap))))
        .isEqualTo(4 * PAGE);
  }

  // v2

  @ParameterizedTest
  @CsvSource({
    "0x10000, 1",
    "0x11000, 1",
    "0x13000, 1",
    "0x13000, 4",
    "0xf000, 2",
    "0x10000, 3",
    "0x11000, 3"
  })
  void v2CutsNoMapping(String iova, long pages) {
    container.map(vaddr, 0x10000, 4 * PAGE);
    expect(Errno.EINVAL, 0, Long.decode(iova), pages * PAGE);
    expect(Errno.EINVAL, VADDR, Long.decode(iova), pages * PAGE);
    assertThat(container.unmap(0x10000, 4 * PAGE)).isEqualTo(4 * PAGE);
    assertThat(container.unmap(0x10000, 4 * PAGE)).isZero();
  }

  @Test
  void aRangeTakesWhatIsInItAndSaysHowMuch() {
    for (int i = 0; i < 8; i++) {
      container.map(vaddr, i * PAGE, PAGE);
    }
    assertThat(container.unmap(2 * PAGE, 3 * PAGE)).isEqualTo(3 * PAGE);
    assertThat(container.unmap(0, 4 * PAGE)).isEqualTo(2 * PAGE);
    assertThat(container.unmap(PAGE, -PAGE)).isEqualTo(3 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void unmappingIsFlushedBeforePagesAreLetGo() {
    container.map(vaddr, 0, 4 * PAGE);
    container.unmap(0, 4 * PAGE);
    assertThat(container.domain().unflushed).isZero();
  }

  @Test
  void aReadOnlyArgumentIsEfaultAfterTheWork() {
    container.map(vaddr, 0, PAGE);
    MemorySegment argument = unmapArgument(24, ALL, 0, 0, null).asReadOnly();
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_UNMAP_DMA, argument));
    container.assertNothingLeft();
  }

  // v1

  @Test
  void v1UnmapsWholeMappingsFromTheirFirstByteOn() {
    TestContainer old = TestContainer.v1();
    long memory = old.memory.allocate(16 * PAGE);
    for (int i = 0; i < 4; i++) {
      old.map(memory, i * 4 * PAGE, 4 * PAGE);
    }
    assertThat(old.unmap(PAGE, PAGE)).isZero();
    assertThat(old.unmap(2 * PAGE, 4 * PAGE)).isZero();
    assertThat(old.unmap(3 * PAGE, 6 * PAGE)).isZero();
    assertThat(old.memory.lockedPages()).isEqualTo(16);
    assertThat(old.unmap(0, PAGE)).isEqualTo(4 * PAGE);
    assertThat(old.unmap(0, 9 * PAGE)).isEqualTo(8 * PAGE);
    assertThat(old.unmap(ALL, 0, 0)).isEqualTo(4 * PAGE);
    old.assertNothingLeft();
  }

  @Test
  void v1SuspendsAsItUnmaps() {
    TestContainer old = TestContainer.v1();
    old.map(old.memory.allocate(4 * PAGE), 0, 4 * PAGE);
    assertThat(old.unmap(VADDR, PAGE, PAGE)).isZero();
    assertThat(old.iommu.suspended).isZero();
    assertThat(old.unmap(VADDR, 0, PAGE)).isEqualTo(4 * PAGE);
    assertThat(old.iommu.suspended).isEqualTo(1);
  }

  // Suspending

  @Test
  void suspendingIsAllOrNothing() {
    for (int i = 0; i < 4; i++) {
      container.map(vaddr, i * PAGE, PAGE);
    }
    assertThat(container.unmap(VADDR, 2 * PAGE, PAGE)).isEqualTo(PAGE);
    expect(Errno.EINVAL, VADDR | ALL, 0, 0);
    expect(Errno.EINVAL, VADDR, 0, 4 * PAGE);
    assertThat(container.iommu.suspended).isEqualTo(1);
    assertThat(container.unmap(VADDR, 0, 2 * PAGE)).isEqualTo(2 * PAGE);
    assertThat(container.iommu.suspended).isEqualTo(3);
    assertThat(container.unmap(VADDR, 0x90000, PAGE)).isZero();
  }

  @Test
  void aSuspendedMappingCanBeUnmapped() {
    container.map(vaddr, 0, PAGE);
    container.map(vaddr, PAGE, PAGE);
    container.unmap(VADDR | ALL, 0, 0);
    assertThat(container.unmap(0, PAGE)).isEqualTo(PAGE);
    assertThat(container.iommu.suspended).isEqualTo(1);
    assertThat(container.unmap(ALL, 0, 0)).isEqualTo(PAGE);
    assertThat(container.iommu.suspended).isZero();
    container.assertNothingLeft();
  }

  @Test
  void devicesGoOnWhileVaddrIsSuspended() {
    container.map(vaddr, 0, PAGE);
    long physical = container.domain().translate(0);
    container.unmap(VADDR, 0, PAGE);
    assertThat(container.domain().translate(0)).isEqualTo(physical);
  }

  // The end of a container

  @Test
  void releaseTakesEverythingBackWithGroupsStillAttached() {
    container.attach(container.hardware.group(2));
    container.attach(new FakeIommu("smmuv3").group(3));
    container.attachEmulated(FakeGroup.emulated(4));
    container.map(vaddr, 0, 16 * PAGE);
    container.driver.release(container.iommu);
    container.assertNothingLeft();
    assertThat(container.hardware.openDomains()).isEmpty();
  }
}

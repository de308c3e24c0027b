package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.READ;
import static busbar.type1.TestContainer.WRITE;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.type1.FakeIommu.FakeGroup;
import busbar.uapi.VfioBitmap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PinningTest {
  private final FakeGroup mediated = FakeGroup.emulated(90);
  private final TestContainer container = TestContainer.empty();
  private final long vaddr = container.memory.allocate(16 * PAGE);
  private final List<String> asked = new ArrayList<>();
  private final UnmapListener device =
      (iova, length) -> {
        asked.add("%x+%x".formatted(iova, length));
        container.driver.unpinPages(container.iommu, iova, (int) (length / PAGE));
      };

  PinningTest() {
    container.attachEmulated(mediated);
  }

  private long[] pin(long iova, int pages, Access access) {
    return container.driver.pinPages(container.iommu, mediated, iova, pages, access);
  }

  private void expectPin(Errno errno, long iova, int pages, Access access) {
    assertErrno(errno, () -> pin(iova, pages, access));
  }

  private void rw(long iova, MemorySegment buffer, Access access) {
    container.driver.dmaRw(container.iommu, iova, buffer, access);
  }

  // The order of checks of pin_pages

  @Test
  void pagesComeBeforeTheVersionAndTheVersionBeforeTheRange() {
    TestContainer old = TestContainer.v1();
    assertErrno(Errno.EINVAL, () -> old.driver.pinPages(old.iommu, mediated, -1, 0, Access.READ));
    assertErrno(Errno.EACCES, () -> old.driver.pinPages(old.iommu, mediated, -1, 1, Access.READ));
  }

  @Test
  void overflowComesBeforeSuspendedVaddrAndThatBeforeListeners() {
    FakeGroup real = container.hardware.group(1);
    container.attach(real);
    container.detach(mediated);
    container.map(vaddr, 0, PAGE);
    container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0, PAGE);
    expectPin(Errno.EOVERFLOW, -PAGE, 2, Access.READ);
    expectPin(Errno.EBUSY, -PAGE, 1, Access.READ);
    container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
    container.map(vaddr, 0, PAGE);
    expectPin(Errno.EINVAL, 0, 1, Access.READ);
  }

  @Test
  void aPageMustBeMappedAndAllowTheAccess() {
    container.driver.registerDevice(container.iommu, device);
    container.map(READ, vaddr, 0, PAGE);
    container.map(WRITE, vaddr + PAGE, PAGE, PAGE);
    expectPin(Errno.EINVAL, 2 * PAGE, 1, Access.READ_WRITE);
    expectPin(Errno.EPERM, 0, 1, Access.WRITE);
    expectPin(Errno.EPERM, 0, 1, Access.READ_WRITE);
    expectPin(Errno.EPERM, PAGE, 1, Access.READ);
    assertThat(pin(0, 1, Access.READ)).hasSize(1);
    assertThat(pin(PAGE, 1, Access.WRITE)).hasSize(1);
  }

  @Test
  void pinningIsAllOrNothing() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, 4 * PAGE);
    expectPin(Errno.EINVAL, 0, 5, Access.READ);
    container.memory.unregister(vaddr + 3 * PAGE, PAGE);
    expectPin(Errno.EFAULT, 0, 4, Access.READ);
    container.memory.setLockedLimitBytes(2 * PAGE);
    expectPin(Errno.ENOMEM, 0, 3, Access.READ);
    assertThat(container.memory.lockedPages()).isZero();
    assertThat(container.physical.pinnedBytes()).isZero();
    assertThat(container.iommu.mappings.first().pinned).isNull();
    assertThat(pin(0, 2, Access.READ)).hasSize(2);
  }

  @Test
  void memoryOfAClientThatIsGoneIsEnodev() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, PAGE);
    container.memory.close();
    expectPin(Errno.ENODEV, 0, 1, Access.READ);
  }

  // Accounting

  @Test
  void aPageIsChargedOnceHoweverOftenItIsPinned() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0x10000, 4 * PAGE);
    long[] first = pin(0x10000, 4, Access.READ_WRITE);
    long[] again = pin(0x11000, 2, Access.READ);
    assertThat(again).containsExactly(first[1], first[2]);
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    container.driver.unpinPages(container.iommu, 0x10000, 4);
    assertThat(container.memory.lockedPages()).isEqualTo(2);
    container.driver.unpinPages(container.iommu, 0x10000, 16);
    assertThat(container.memory.lockedPages()).isZero();
    assertThat(container.physical.pinnedBytes()).isZero();
  }

  @Test
  void aRealGroupChargesTheRestAndGivesItBack() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, 4 * PAGE);
    pin(PAGE, 2, Access.READ);
    assertThat(container.memory.lockedPages()).isEqualTo(2);
    FakeGroup real = container.hardware.group(1);
    container.attach(real);
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    pin(0, 1, Access.READ);
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    container.driver.unpinPages(container.iommu, PAGE, 1);
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    container.detach(real);
    assertThat(container.memory.lockedPages()).isEqualTo(2);
    container.driver.unpinPages(container.iommu, 0, 4);
    assertThat(container.memory.lockedPages()).isZero();
    assertThat(container.physical.pinnedBytes()).isZero();
  }

  @Test
  void unpinningStopsAtTheFirstUnmappedPage() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, PAGE);
    container.map(vaddr, 2 * PAGE, PAGE);
    pin(0, 1, Access.READ);
    pin(2 * PAGE, 1, Access.READ);
    container.driver.unpinPages(container.iommu, 0, 3);
    assertThat(container.memory.lockedPages()).isEqualTo(1);
  }

  // Unmapping

  @Test
  void devicesAreAskedToLetGoOfWhatIsUnmapped() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, 4 * PAGE);
    container.map(vaddr, 0x10000, 4 * PAGE);
    container.map(vaddr, 0x20000, 4 * PAGE);
    pin(0x10000, 2, Access.READ);
    pin(0x21000, 2, Access.READ);
    assertThat(container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0)).isEqualTo(12 * PAGE);
    assertThat(asked).containsExactly("10000+4000", "20000+4000");
    container.assertNothingLeft();
  }

  @Test
  void aDeviceThatDoesNotLetGoKeepsTheMapping() {
    List<Long> calls = new ArrayList<>();
    UnmapListener stubborn = (iova, length) -> calls.add(iova);
    UnmapListener broken =
        (iova, length) -> {
          throw new IllegalStateException("broken device");
        };
    container.driver.registerDevice(container.iommu, broken);
    container.driver.registerDevice(container.iommu, stubborn);
    container.map(vaddr, 0, PAGE);
    container.map(vaddr, PAGE, PAGE);
    pin(PAGE, 1, Access.READ);
    assertErrno(Errno.EBUSY, () -> container.unmap(0, 2 * PAGE));
    assertThat(calls).hasSize(11);
    assertThat(container.iommu.mappings.size()).isEqualTo(1);
    container.driver.unpinPages(container.iommu, PAGE, 1);
    assertThat(container.unmap(PAGE, PAGE)).isEqualTo(PAGE);
    container.assertNothingLeft();
  }

  @Test
  void aDeviceThatIsClosedIsNotAsked() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, PAGE);
    pin(0, 1, Access.READ);
    container.driver.unregisterDevice(container.iommu, device);
    assertErrno(Errno.EBUSY, () -> container.unmap(0, PAGE));
    assertThat(asked).isEmpty();
    container.driver.release(container.iommu);
    container.assertNothingLeft();
  }

  // Dirty pages

  @Test
  void onlyPinnedPagesAreDirtyWhileAllGroupsPin() {
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, 8 * PAGE);
    pin(PAGE, 1, Access.READ_WRITE);
    container.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    assertThat(dirtyBits()).isEqualTo(0b10);
    pin(3 * PAGE, 2, Access.READ_WRITE);
    container.driver.unpinPages(container.iommu, 3 * PAGE, 1);
    assertThat(dirtyBits()).isEqualTo(0b11010);
    assertThat(dirtyBits()).isEqualTo(0b10010);
    rw(6 * PAGE - 1, MemorySegment.ofArray(new byte[2]), Access.WRITE);
    rw(0, MemorySegment.ofArray(new byte[2]), Access.READ);
    assertThat(dirtyBits()).isEqualTo(0b1110010);
    assertThat(dirtyBits()).isEqualTo(0b10010);
  }

  @Test
  void aRealGroupThatPinsIsTrustedFromThenOn() {
    FakeGroup real = container.hardware.group(1);
    container.attach(real);
    container.driver.registerDevice(container.iommu, device);
    container.map(vaddr, 0, 8 * PAGE);
    container.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    assertThat(dirtyBits()).isEqualTo(0xff);
    container.driver.pinPages(container.iommu, real, 0, 1, Access.READ);
    container.driver.pinPages(container.iommu, real, 0, 1, Access.READ);
    assertThat(container.iommu.nonPinnedGroups).isZero();
    assertThat(dirtyBits()).isEqualTo(1);
  }

  private long dirtyBits() {
    long bitmap = container.memory.allocate(PAGE);
    container.getDirty(0, 8 * PAGE, new VfioBitmap(PAGE, 8, bitmap));
    return container.bytes(bitmap, 8).get(ValueLayout.JAVA_LONG, 0);
  }

  // dma_rw

  @Test
  void dmaReadsAndWritesAcrossMappings() {
    container.map(vaddr + PAGE, 0, PAGE);
    container.map(vaddr, PAGE, PAGE);
    rw(PAGE - 2, MemorySegment.ofArray(new byte[] {1, 2, 3, 4}), Access.WRITE);
    assertThat(container.bytes(vaddr + 2 * PAGE - 2, 2).toArray(ValueLayout.JAVA_BYTE))
        .containsExactly(1, 2);
    assertThat(container.bytes(vaddr, 2).toArray(ValueLayout.JAVA_BYTE)).containsExactly(3, 4);
    byte[] back = new byte[4];
    rw(PAGE - 2, MemorySegment.ofArray(back), Access.READ);
    assertThat(back).containsExactly(1, 2, 3, 4);
  }

  @Test
  void dmaErrorsComeInTheirOrder() {
    MemorySegment byteBuffer = MemorySegment.ofArray(new byte[8]);
    container.map(READ, 0, 0, PAGE);
    container.map(WRITE, 0, PAGE, PAGE);
    assertErrno(Errno.EINVAL, () -> rw(2 * PAGE, byteBuffer, Access.READ));
    assertErrno(Errno.EPERM, () -> rw(0, byteBuffer, Access.WRITE));
    assertErrno(Errno.EPERM, () -> rw(PAGE, byteBuffer, Access.WRITE));
    assertErrno(Errno.EPERM, () -> rw(PAGE, byteBuffer, Access.READ));
    assertErrno(Errno.EFAULT, () -> rw(0, byteBuffer, Access.READ));
    assertErrno(Errno.EFAULT, () -> rw(PAGE - 4, byteBuffer, Access.READ));
    container.memory.close();
    assertErrno(Errno.EPERM, () -> rw(0, byteBuffer, Access.READ));
  }

  @Test
  void dmaIsRefusedWhileVaddrIsSuspended() {
    container.attach(container.hardware.group(1));
    container.detach(mediated);
    container.map(vaddr, 0, PAGE);
    container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0, PAGE);
    assertErrno(Errno.EBUSY, () -> rw(5 * PAGE, MemorySegment.ofArray(new byte[1]), Access.READ));
  }

  @Test
  void anotherOwnersMemoryIsReachedThroughItsMapping() {
    AddressSpace other = new AddressSpace("other", container.physical);
    long there = other.allocate(PAGE);
    container.map(new FakeCaller(other), TestContainer.RW, there, 0, PAGE);
    rw(0, MemorySegment.ofArray(new byte[] {7}), Access.WRITE);
    assertThat(other.at(there, 1, Access.READ).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
  }
}

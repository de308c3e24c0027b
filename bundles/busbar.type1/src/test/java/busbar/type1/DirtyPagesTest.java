package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.type1.TestContainer.dirtyArgument;
import static busbar.type1.TestContainer.unmapArgument;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.uapi.VfioBitmap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirtyPagesTest {
  private static final int START = VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
  private static final int STOP = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
  private static final int GET = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  private static final long LAST_PAGE = -PAGE;

  private final TestContainer container = TestContainer.v2();
  private final long vaddr = container.memory.allocate(64 * PAGE);
  private final long bitmap = container.memory.allocate(PAGE);

  private VfioBitmap word() {
    return new VfioBitmap(PAGE, 8, bitmap);
  }

  private String bits() {
    byte[] bytes = container.bytes(bitmap, 8).toArray(ValueLayout.JAVA_BYTE);
    return HexFormat.of().formatHex(bytes);
  }

  private void fill(int value) {
    container.bytes(bitmap, 64).fill((byte) value);
  }

  private void expect(Errno errno, MemorySegment argument) {
    assertErrno(errno, () -> container.ioctl(VFIO_IOMMU_DIRTY_PAGES, argument));
  }

  private void expectGet(Errno errno, long iova, long size, VfioBitmap bits) {
    expect(errno, dirtyArgument(48, GET, iova, size, bits));
  }

  // The order of checks

  @Test
  void v1ComesBeforeEverything() {
    TestContainer old = TestContainer.v1();
    assertErrno(Errno.EACCES, () -> old.ioctl(VFIO_IOMMU_DIRTY_PAGES, Args.immediate(0)));
  }

  @Test
  void argszComesBeforeFlags() {
    expect(Errno.EFAULT, dirtyArgument(8, START, 0, 0, word()).asSlice(0, 7));
    expect(Errno.EINVAL, dirtyArgument(7, START, 0, 0, word()));
    expect(Errno.EINVAL, dirtyArgument(0, START, 0, 0, word()));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 6, 7, 8, 9, 1 << 31})
  void exactlyOneFlagThatIsKnown(int flags) {
    expect(Errno.EINVAL, dirtyArgument(48, flags, 0, PAGE, word()));
  }

  @Test
  void theRangeIsCopiedInIfArgszSaysThatItIsThere() {
    expect(Errno.EINVAL, dirtyArgument(8, GET, 0, 0, word()).asSlice(0, 8));
    expect(Errno.EINVAL, dirtyArgument(47, GET, 0, 0, word()).asSlice(0, 8));
    expect(Errno.EFAULT, dirtyArgument(48, GET, 0, 0, word()).asSlice(0, 47));
  }

  @Test
  void sizeComesBeforeOverflowAndOverflowBeforeTheBitmap() {
    VfioBitmap wrong = new VfioBitmap(0, 0, -1);
    expectGet(Errno.EINVAL, -1, 0, wrong);
    expectGet(Errno.EOVERFLOW, LAST_PAGE, 2 * PAGE, wrong);
    expectGet(Errno.EINVAL, LAST_PAGE, PAGE, wrong);
  }

  @Test
  void everythingAboutTheBitmapIsEinval() {
    container.dirty(START);
    container.map(vaddr, 0x10000, 16 * PAGE);
    long size = 16 * PAGE;
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(PAGE, 0, bitmap));
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(PAGE, 4, bitmap));
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(PAGE, 1L << 29, bitmap));
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(PAGE, -8, bitmap));
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(0, 8, bitmap));
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(0x2000, 8, bitmap));
    expectGet(Errno.EINVAL, 0x10000, size, new VfioBitmap(0x200000, 8, bitmap));
    expectGet(Errno.EINVAL, 0x10800, size, word());
    expectGet(Errno.EINVAL, 0x10000, size + 0x800, word());
    expectGet(Errno.EINVAL, 0x10000, 1L << 51, new VfioBitmap(PAGE, 1L << 41, bitmap));
    expectGet(Errno.EFAULT, 0x10000, size, new VfioBitmap(PAGE, 8, 0x10));
    container.getDirty(0x10000, size, new VfioBitmap(PAGE, 1L << 28, bitmap));
  }

  @Test
  void trackingComesBeforeCuttingAMapping() {
    container.map(vaddr, 0x10000, 16 * PAGE);
    expectGet(Errno.EINVAL, 0x10000, 16 * PAGE, word());
    container.dirty(START);
    expectGet(Errno.EINVAL, 0x11000, PAGE, word());
    expectGet(Errno.EINVAL, 0x10000, PAGE, word());
    expectGet(Errno.EINVAL, 0xf000, 2 * PAGE, word());
    container.getDirty(0x10000, 16 * PAGE, word());
    container.dirty(STOP);
    expectGet(Errno.EINVAL, 0x10000, 16 * PAGE, word());
  }

  // What is dirty

  @Test
  void everyMappedPageIsDirtyAtEveryQuestion() {
    container.map(vaddr, 0x10000, 16 * PAGE);
    container.dirty(START);
    container.dirty(START);
    for (int i = 0; i < 3; i++) {
      fill(0);
      container.getDirty(0x10000, 16 * PAGE, word());
      assertThat(bits()).isEqualTo("ffff000000000000");
    }
    container.dirty(STOP);
    container.dirty(STOP);
    assertThat(container.iommu.mappings.first().dirty).isNull();
  }

  /** The values are those that Linux 7.3 answered to the same calls (recording 072). */
  @Test
  void bitsMovedBeyondAMappingShowUpLaterAsOnLinux() {
    container.dirty(START);
    for (int i = 0; i < 4; i++) {
      container.map(vaddr + i * 4 * PAGE, 0x100000 + i * 8 * PAGE, 4 * PAGE);
    }
    container.getDirty(0x100000, 32 * PAGE, word());
    assertThat(bits()).isEqualTo("0f0f0f0f00000000");
    fill(0);
    container.getDirty(0x104000, 4 * PAGE, word());
    container.getDirty(0x900000, 4 * PAGE, word());
    assertThat(bits()).isEqualTo("0000000000000000");
    container.getDirty(0xfc000, 8 * PAGE, word());
    assertThat(bits()).isEqualTo("f000000000000000");
    fill(0);
    container.getDirty(0xfd000, 7 * PAGE, word());
    assertThat(bits()).isEqualTo("f807000000000000");
    fill(0xff);
    container.getDirty(0x100000, 32 * PAGE, word());
    assertThat(bits()).isEqualTo("ff0f0f0f0f0f0f00");
  }

  /** The values are those that Linux 7.3 answered to the same calls (recording 073). */
  @Test
  void unmappingTellsWhatWasDirtyAndKeepsWhatItCouldNotTell() {
    for (int i = 0; i < 4; i++) {
      container.map(vaddr + i * 4 * PAGE, 0x100000 + i * 8 * PAGE, 4 * PAGE);
    }
    container.dirty(START);
    int flag = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
    assertThat(container.unmap(unmapArgument(48, flag, 0x100000, 4 * PAGE, word())))
        .isEqualTo(4 * PAGE);
    assertThat(bits()).isEqualTo("0f00000000000000");
    fill(0);
    VfioBitmap nowhere = new VfioBitmap(PAGE, 8, 0);
    assertErrno(
        Errno.EFAULT, () -> container.unmap(unmapArgument(48, flag, 0x108000, 4 * PAGE, nowhere)));
    assertThat(container.unmap(unmapArgument(48, flag, 0x100000, 24 * PAGE, word())))
        .isEqualTo(8 * PAGE);
    assertThat(bits()).isEqualTo("000f0f0000000000");
    assertThat(container.unmap(2, 0, 0)).isEqualTo(4 * PAGE);
    assertThat(container.unmap(unmapArgument(48, flag, 0x100000, 4 * PAGE, word()))).isZero();
    container.assertNothingLeft();
  }

  @Test
  void whatIsMappedWhileTrackingIsTracked() {
    container.dirty(START);
    container.map(vaddr, 0x10000, PAGE);
    container.getDirty(0x10000, PAGE, word());
    assertThat(bits()).isEqualTo("0100000000000000");
  }

  @Test
  void startIsRefusedIfAMappingIsTooLargeAndThenNothingIsTracked() {
    TestContainer emulated = TestContainer.emulated();
    emulated.map(0, 0, PAGE);
    emulated.map(0, PAGE, 1L << 43);
    assertErrno(Errno.EINVAL, () -> emulated.dirty(START));
    assertThat(emulated.iommu.dirtyTracking).isFalse();
    assertThat(emulated.iommu.mappings.first().dirty).isNull();
    emulated.unmap(PAGE, 1L << 43);
    emulated.dirty(START);
  }

  @Test
  void aSmallerPageMakesEverythingDirty() {
    TestContainer coarse = TestContainer.empty();
    coarse.hardware.pageSizes = 0x10000;
    FakeIommu.FakeGroup group = coarse.hardware.group(1);
    coarse.attach(group);
    coarse.attachEmulated(FakeIommu.FakeGroup.emulated(2));
    long memory =
        coarse.memory.allocate(
            0x20000,
            0x10000,
            busbar.api.memory.Protection.READ_WRITE,
            busbar.api.memory.AddressSpace.Kind.PRIVATE);
    coarse.map(memory, 0, 0x20000);
    coarse.dirty(START);
    assertThat(coarse.iommu.mappings.first().dirty.pages()).isEqualTo(2);
    coarse.detach(group);
    long bits = coarse.memory.allocate(PAGE);
    coarse.getDirty(0, 0x20000, new VfioBitmap(PAGE, 8, bits));
    assertThat(coarse.bytes(bits, 8).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0xffff_ffffL);
  }
}

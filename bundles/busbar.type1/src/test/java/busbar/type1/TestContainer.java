package busbar.type1;

import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.ReservedRegion;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.uapi.VfioBitmap;
import busbar.uapi.VfioIommuType1DirtyBitmap;
import busbar.uapi.VfioIommuType1DirtyBitmapGet;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;

/** A container with its client, asked as the ABI does it. */
final class TestContainer {
  static final long PAGE = AddressSpace.PAGE;
  static final int READ = VFIO_DMA_MAP_FLAG_READ;
  static final int WRITE = VFIO_DMA_MAP_FLAG_WRITE;
  static final int RW = READ | WRITE;
  static final ReservedRegion MSI =
      new ReservedRegion(0xfee00000L, 0xfeefffffL, ReservedRegion.Kind.MSI);

  final PhysicalMemory physical = new PhysicalMemory();
  final AddressSpace memory = new AddressSpace("client", physical);
  final FakeCaller caller = new FakeCaller(memory);
  final Type1Parameters parameters = new Type1Parameters(false, false, 65535);
  final Type1Driver driver = new Type1Driver(parameters);
  final FakeIommu hardware = new FakeIommu("vt-d");
  Type1Iommu iommu;

  private TestContainer(int type) {
    iommu = driver.open(type, caller);
  }

  /** Of the old type, with one group attached. */
  static TestContainer v1() {
    return new TestContainer(1).withGroup();
  }

  /** With one group attached, which reserves the usual window for messages. */
  static TestContainer v2() {
    return new TestContainer(3).withGroup();
  }

  /** With an emulated group alone. */
  static TestContainer emulated() {
    TestContainer container = new TestContainer(3);
    container.attachEmulated(FakeIommu.FakeGroup.emulated(90));
    return container;
  }

  /** Without groups. */
  static TestContainer empty() {
    return new TestContainer(3);
  }

  private TestContainer withGroup() {
    attach(hardware.group(1, MSI));
    return this;
  }

  void attach(IommuGroup group) {
    driver.attachGroup(iommu, group, GroupType.IOMMU);
  }

  void attachEmulated(IommuGroup group) {
    driver.attachGroup(iommu, group, GroupType.EMULATED);
  }

  void detach(IommuGroup group) {
    driver.detachGroup(iommu, group);
  }

  /** The newest domain. */
  FakeIommu.FakeDomain domain() {
    return (FakeIommu.FakeDomain) iommu.domains.getFirst().hardware;
  }

  long ioctl(int command, MemorySegment argument) {
    return driver.ioctl(iommu, caller, command, argument);
  }

  static MemorySegment struct(long size) {
    return MemorySegment.ofArray(new byte[(int) size]);
  }

  static MemorySegment mapArgument(int argsz, int flags, long vaddr, long iova, long size) {
    MemorySegment argument = struct(VfioIommuType1DmaMap.SIZE);
    new VfioIommuType1DmaMap(argsz, flags, vaddr, iova, size).encode(argument);
    return argument;
  }

  void map(FakeCaller who, int flags, long vaddr, long iova, long size) {
    MemorySegment argument = mapArgument(32, flags, vaddr, iova, size);
    assertThat(driver.ioctl(iommu, who, VFIO_IOMMU_MAP_DMA, argument)).isZero();
  }

  void map(int flags, long vaddr, long iova, long size) {
    map(caller, flags, vaddr, iova, size);
  }

  void map(long vaddr, long iova, long size) {
    map(RW, vaddr, iova, size);
  }

  static MemorySegment unmapArgument(
      int argsz, int flags, long iova, long size, VfioBitmap bitmap) {
    MemorySegment argument = struct(VfioIommuType1DmaUnmap.SIZE + VfioBitmap.SIZE);
    new VfioIommuType1DmaUnmap(argsz, flags, iova, size).encode(argument);
    if (bitmap != null) {
      bitmap.encode(argument, VfioIommuType1DmaUnmap.SIZE);
    }
    return argument;
  }

  /** Returns the bytes that were unmapped. */
  long unmap(int flags, long iova, long size) {
    return unmap(unmapArgument(24, flags, iova, size, null));
  }

  long unmap(MemorySegment argument) {
    assertThat(ioctl(VFIO_IOMMU_UNMAP_DMA, argument)).isZero();
    return VfioIommuType1DmaUnmap.decode(argument).size();
  }

  long unmap(long iova, long size) {
    return unmap(0, iova, size);
  }

  void dirty(int flag) {
    MemorySegment argument = struct(VfioIommuType1DirtyBitmap.SIZE);
    new VfioIommuType1DirtyBitmap(8, flag).encode(argument);
    assertThat(ioctl(VFIO_IOMMU_DIRTY_PAGES, argument)).isZero();
  }

  static MemorySegment dirtyArgument(
      int argsz, int flags, long iova, long size, VfioBitmap bitmap) {
    MemorySegment argument =
        struct(VfioIommuType1DirtyBitmap.SIZE + VfioIommuType1DirtyBitmapGet.SIZE);
    new VfioIommuType1DirtyBitmap(argsz, flags).encode(argument);
    new VfioIommuType1DirtyBitmapGet(iova, size, bitmap)
        .encode(argument, VfioIommuType1DirtyBitmap.SIZE);
    return argument;
  }

  void getDirty(long iova, long size, VfioBitmap bitmap) {
    int get = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
    assertThat(ioctl(VFIO_IOMMU_DIRTY_PAGES, dirtyArgument(48, get, iova, size, bitmap))).isZero();
  }

  MemorySegment bytes(long vaddr, long size) {
    return memory.at(vaddr, size, Access.READ_WRITE);
  }

  /** What a caller would find in errno. */
  static void assertErrno(Errno errno, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  void assertNothingLeft() {
    assertThat(iommu.mappings.isEmpty()).isTrue();
    assertThat(memory.lockedPages()).isZero();
    assertThat(physical.pinnedBytes()).isZero();
    hardware.openDomains().forEach(domain -> assertThat(domain.pages).isEmpty());
  }
}

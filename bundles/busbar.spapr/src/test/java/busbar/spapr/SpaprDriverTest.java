package busbar.spapr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.GroupType;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.Kind;
import busbar.api.memory.PhysicalMemory;
import busbar.api.memory.Protection;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioIommuSpaprRegisterMemory;
import busbar.uapi.VfioIommuSpaprTceCreate;
import busbar.uapi.VfioIommuSpaprTceInfo;
import busbar.uapi.VfioIommuSpaprTceRemove;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected values are those of the recorded pSeries, a kernel 7.2.13. */
class SpaprDriverTest {
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final long KIB = 1024;

  private final PhysicalMemory physical = new PhysicalMemory();
  private final AddressSpace space = new AddressSpace("test", physical);
  private final FakePower.Process process = new FakePower.Process(space, true);
  private final SpaprDriver driver = new SpaprDriver();
  private final FakePower edu = new FakePower(0);

  private TceContainer container(int type) {
    TceContainer container = driver.open(type, process);
    driver.attachGroup(container, edu, GroupType.IOMMU);
    return container;
  }

  private final TceContainer v2 = container(VfioHeader.VFIO_SPAPR_TCE_v2_IOMMU);
  private final long m0 = space.allocate(0x100000);

  private static void assertErrno(Errno errno, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private static MemorySegment argument(long size) {
    return MemorySegment.ofArray(new byte[(int) size]);
  }

  private long map(TceContainer container, int flags, long vaddr, long iova, long size) {
    MemorySegment argument = argument(32);
    new VfioIommuType1DmaMap(32, flags, vaddr, iova, size).encode(argument);
    return driver.ioctl(container, process, VfioHeader.VFIO_IOMMU_MAP_DMA, argument);
  }

  private long unmap(TceContainer container, long iova, long size) {
    MemorySegment argument = argument(24);
    new VfioIommuType1DmaUnmap(24, 0, iova, size).encode(argument);
    return driver.ioctl(container, process, VfioHeader.VFIO_IOMMU_UNMAP_DMA, argument);
  }

  private void memory(TceContainer container, int command, long vaddr, long size) {
    MemorySegment argument = argument(24);
    new VfioIommuSpaprRegisterMemory(24, 0, vaddr, size).encode(argument);
    driver.ioctl(container, process, command, argument);
  }

  private void register(TceContainer container, long vaddr, long size) {
    memory(container, VfioHeader.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, vaddr, size);
  }

  private void unregister(TceContainer container, long vaddr, long size) {
    memory(container, VfioHeader.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, vaddr, size);
  }

  private long create(int pageShift, long windowSize, int levels) {
    MemorySegment argument = argument(40);
    new VfioIommuSpaprTceCreate(40, 0, pageShift, 0, windowSize, levels, 0, 0).encode(argument);
    driver.ioctl(v2, process, VfioHeader.VFIO_IOMMU_SPAPR_TCE_CREATE, argument);
    return VfioIommuSpaprTceCreate.decode(argument).startAddr();
  }

  private void removeWindow(long start) {
    MemorySegment argument = argument(16);
    new VfioIommuSpaprTceRemove(16, 0, start).encode(argument);
    driver.ioctl(v2, process, VfioHeader.VFIO_IOMMU_SPAPR_TCE_REMOVE, argument);
  }

  private void call(TceContainer container, int command) {
    driver.ioctl(container, process, command, MemorySegment.NULL);
  }

  private long lockedKib() {
    return space.lockedPages() * 4;
  }

  @Test
  void infoShowsWindowsOnlyToThoseWhoCanUseThem() {
    MemorySegment info = argument(32);
    Args.putU32(info, 0, 32);
    driver.ioctl(v2, process, VfioHeader.VFIO_IOMMU_SPAPR_TCE_GET_INFO, info);
    VfioIommuSpaprTceInfo decoded = VfioIommuSpaprTceInfo.decode(info);
    assertThat(decoded.flags()).isEqualTo(1);
    assertThat(decoded.dma32WindowSize()).isEqualTo(0x40000000);
    assertThat(decoded.ddw().pgsizes()).isEqualTo(0x1211000);
    driver.detachGroup(v2, edu);
    TceContainer v1 = container(VfioHeader.VFIO_SPAPR_TCE_IOMMU);
    driver.ioctl(v1, process, VfioHeader.VFIO_IOMMU_SPAPR_TCE_GET_INFO, info);
    assertThat(VfioIommuSpaprTceInfo.decode(info).flags()).isZero();
    assertThat(VfioIommuSpaprTceInfo.decode(info).ddw().pgsizes()).isZero();
  }

  @Test
  void shortMemoryIsFilledAsFarAsItGoes() {
    MemorySegment info = argument(16);
    Args.putU32(info, 0, 32);
    assertErrno(
        Errno.EFAULT,
        () -> driver.ioctl(v2, process, VfioHeader.VFIO_IOMMU_SPAPR_TCE_GET_INFO, info));
    assertThat(Args.u32(info, 12)).isEqualTo(0x40000000);
  }

  @Test
  void v1ChargesItsWholeWindowOnceAndItsTableWhenItIsMade() {
    driver.release(v2);
    TceContainer v1 = container(VfioHeader.VFIO_SPAPR_TCE_IOMMU);
    assertErrno(Errno.EPERM, () -> map(v1, READ | WRITE, m0, 0, 0x10000));
    call(v1, VfioHeader.VFIO_IOMMU_DISABLE);
    call(v1, VfioHeader.VFIO_IOMMU_ENABLE);
    assertThat(lockedKib()).isEqualTo(1048576);
    assertErrno(Errno.EBUSY, () -> call(v1, VfioHeader.VFIO_IOMMU_ENABLE));
    assertErrno(Errno.ENOTTY, () -> register(v1, m0, 0x10000));
    assertThat(map(v1, READ | WRITE, m0, 0, 0x10000)).isZero();
    assertThat(map(v1, READ | WRITE, m0, 0, 0x10000)).isZero();
    call(v1, VfioHeader.VFIO_IOMMU_DISABLE);
    assertThat(lockedKib()).isEqualTo(2048);
    assertErrno(Errno.EPERM, () -> unmap(v1, 0x10000, 0x1000));
    driver.release(v1);
    assertThat(lockedKib()).isZero();
    assertThat(physical.pinnedBytes()).isZero();
  }

  @Test
  void aV1ContainerHasOneGroup() {
    driver.release(v2);
    TceContainer v1 = container(VfioHeader.VFIO_SPAPR_TCE_IOMMU);
    assertErrno(Errno.EBUSY, () -> driver.attachGroup(v1, new FakePower(1), GroupType.IOMMU));
    assertErrno(Errno.EINVAL, () -> driver.attachGroup(v1, new FakePower(1), GroupType.EMULATED));
  }

  @Test
  void registeredMemoryIsChargedOnceAndNeverOverlaps() {
    register(v2, m0, 0x10000);
    assertThat(lockedKib()).isEqualTo(64);
    assertErrno(Errno.EBUSY, () -> register(v2, m0, 0x10000));
    assertErrno(Errno.EINVAL, () -> register(v2, m0, 0x20000));
    assertErrno(Errno.EINVAL, () -> register(v2, m0 + 0x8000, 0x10000));
    register(v2, m0 + 0x10000, 0x10000);
    assertErrno(Errno.ENOMEM, () -> register(v2, m0 + 0x40000, 0));
    assertErrno(Errno.EFAULT, () -> register(v2, 0, 0x10000));
    assertErrno(Errno.EINVAL, () -> register(v2, -0x1000L, 0x2000));
    long readOnly = space.allocate(0x10000, 4096, Protection.READ, Kind.PRIVATE);
    assertErrno(Errno.EFAULT, () -> register(v2, readOnly, 0x10000));
    assertThat(lockedKib()).isEqualTo(128);
    assertErrno(Errno.ENOENT, () -> unregister(v2, m0, 0x8000));
    unregister(v2, m0, 0x10000);
    assertErrno(Errno.ENOENT, () -> unregister(v2, m0, 0x10000));
    unregister(v2, m0 + 0x10000, 0x10000);
    assertThat(lockedKib()).isZero();
    assertThat(physical.pinnedBytes()).isZero();
  }

  @Test
  void twoContainersOfAProcessShareARegistration() {
    TceContainer second = driver.open(VfioHeader.VFIO_SPAPR_TCE_v2_IOMMU, process);
    driver.attachGroup(second, new FakePower(1), GroupType.IOMMU);
    register(v2, m0, 0x10000);
    assertErrno(Errno.EPERM, () -> map(second, READ, m0, 0, 0x1000));
    register(second, m0, 0x10000);
    assertThat(lockedKib()).isEqualTo(64);
    unregister(v2, m0, 0x10000);
    assertThat(lockedKib()).isEqualTo(64);
    unregister(second, m0, 0x10000);
    assertThat(lockedKib()).isZero();
  }

  @Test
  void anotherProcessIsRefusedOnceOneHasBoundTheContainer() {
    FakePower.Process other = new FakePower.Process(new AddressSpace("other", physical), true);
    register(v2, m0, 0x10000);
    assertErrno(
        Errno.EPERM, () -> driver.ioctl(v2, other, VfioHeader.VFIO_IOMMU_MAP_DMA, argument(32)));
  }

  @Test
  void theLockedMemoryLimitCountsMemoryAndTables() {
    FakePower.Process modest = new FakePower.Process(space, false);
    space.setLockedLimitBytes(128 * KIB);
    MemorySegment argument = argument(24);
    new VfioIommuSpaprRegisterMemory(24, 0, m0, 0x80000).encode(argument);
    assertErrno(
        Errno.ENOMEM,
        () -> driver.ioctl(v2, modest, VfioHeader.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, argument));
    MemorySegment window = argument(40);
    new VfioIommuSpaprTceCreate(40, 0, 16, 0, 0x1000000, 1, 0, 0).encode(window);
    assertErrno(
        Errno.ENOMEM,
        () -> driver.ioctl(v2, modest, VfioHeader.VFIO_IOMMU_SPAPR_TCE_CREATE, window));
    assertThat(lockedKib()).isZero();
  }

  @Test
  void windowsAreMadeAndRemovedInTheirTwoPlaces() {
    assertThat(create(16, 0x1000000, 1)).isEqualTo(FakePower.WINDOW_1);
    assertErrno(Errno.ENOSPC, () -> create(16, 0x1000000, 1));
    removeWindow(FakePower.WINDOW_1);
    assertErrno(Errno.EINVAL, () -> removeWindow(FakePower.WINDOW_1));
    removeWindow(0x1234000);
    assertErrno(Errno.EINVAL, () -> removeWindow(0));
    assertThat(create(12, 0x10000000, 1)).isZero();
    assertThat(create(24, 0x10000000, 1)).isEqualTo(FakePower.WINDOW_1);
  }

  @Test
  void removingTheDefaultWindowBeforeItIsMadeCancelsIt() {
    removeWindow(0);
    register(v2, m0, 0x10000);
    assertErrno(Errno.ENXIO, () -> map(v2, READ, m0, 0, 0x1000));
    assertThat(lockedKib()).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0x1000000, 1",
    "11, 0x1000000, 1",
    "13, 0x1000000, 1",
    "20, 0x1000000, 1",
    "64, 0x1000000, 1",
    "-1, 0x1000000, 1",
    "76, 0x1000000, 1",
    "16, 0, 1",
    "16, 0x1800000, 1",
    "16, 0x1000, 1",
    "16, 0x1000000, 0",
    "16, 0x1000000, 6"
  })
  void impossibleWindowsAreEinvalAndChargeNothingButTheDefaultOne(
      int pageShift, String windowSize, int levels) {
    assertErrno(Errno.EINVAL, () -> create(pageShift, Long.decode(windowSize), levels));
    assertThat(lockedKib()).isEqualTo(2048);
  }

  @Test
  void aWindowThatOneGroupRefusesIsShownToNone() {
    FakePower refusing = new FakePower(1);
    driver.attachGroup(v2, refusing, GroupType.IOMMU);
    refusing.refuseWindows = true;
    assertErrno(Errno.EIO, () -> create(16, 0x1000000, 1));
    assertThat(edu.seen).containsOnlyNulls();
    assertThat(lockedKib()).isZero();
  }

  @Test
  void mappingsReplaceOneAnotherAndNeedRegisteredMemory() {
    register(v2, m0, 0x80000);
    assertThat(map(v2, READ | WRITE, m0, 0, 0x1000)).isZero();
    assertThat(map(v2, READ | WRITE, m0, 0, 0x1000)).isZero();
    assertErrno(Errno.EINVAL, () -> map(v2, 0, m0, 0x3000, 0x1000));
    assertErrno(Errno.EINVAL, () -> map(v2, 4, m0, 0x3000, 0x1000));
    assertErrno(Errno.EINVAL, () -> map(v2, READ, m0 + 0x78000, 0x30000, 0x10000));
    assertThat(((FakePower.FakeTable) edu.seen[0]).set).containsOnlyKeys(0L);
    assertErrno(Errno.EINVAL, () -> map(v2, READ, m0 + 0x800, 0x40000, 0x1000));
    assertThat(map(v2, READ, m0, 0x40800, 0x1000)).isEqualTo(1);
    assertThat(map(v2, READ, m0, 0x40000, 0)).isZero();
    assertErrno(Errno.ENXIO, () -> map(v2, READ, m0, 0x40000000, 0x1000));
    assertErrno(Errno.EINVAL, () -> map(v2, READ, m0, 0x3ffff000, 0x2000));
    assertThat(unmap(v2, 0x800, 0x1000)).isEqualTo(1);
    assertErrno(Errno.EINVAL, () -> unmap(v2, 0, 0x800));
    assertThat(unmap(v2, 0, 0x40000000)).isZero();
    unregister(v2, m0, 0x80000);
    assertThat(lockedKib()).isEqualTo(2048);
    assertThat(physical.pinnedBytes()).isZero();
  }

  @Test
  void largeWindowPagesNeedLargeHostPages() {
    create(16, 0x1000000, 1);
    register(v2, m0, 0x80000);
    assertErrno(Errno.EINVAL, () -> map(v2, READ, m0, FakePower.WINDOW_1, 0x10000));
    long huge = space.allocateHuge(2 << 20, 2 << 20, Protection.READ_WRITE, Kind.PRIVATE);
    register(v2, huge, 2 << 20);
    assertThat(map(v2, READ, huge, FakePower.WINDOW_1, 0x10000)).isZero();
  }

  @Test
  void aRangeThatIsStillMappedStaysPinnedWhenItIsUnregistered() {
    register(v2, m0, 0x10000);
    map(v2, READ | WRITE, m0, 0, 0x10000);
    unregister(v2, m0, 0x10000);
    assertThat(physical.pinnedBytes()).isEqualTo(0x10000);
    assertErrno(Errno.ENOENT, () -> unregister(v2, m0, 0x10000));
  }

  @Test
  void releaseGivesEverythingBack() {
    register(v2, m0, 0x10000);
    map(v2, READ | WRITE, m0, 0, 0x10000);
    assertThat(lockedKib()).isEqualTo(2112);
    FakePower.FakeTable table = (FakePower.FakeTable) edu.seen[0];
    driver.release(v2);
    assertThat(lockedKib()).isZero();
    assertThat(physical.pinnedBytes()).isZero();
    assertThat(table.closed).isTrue();
    assertThat(table.set).isEmpty();
    assertThat(edu.owned).isFalse();
  }

  @Test
  void aSuccessorGoesOnWithMappingsWindowsAndCharges() {
    register(v2, m0, 0x10000);
    map(v2, READ | WRITE, m0, 0, 0x8000);
    StateRecord state = driver.save(v2);
    SpaprDriver next = new SpaprDriver();
    TceContainer taken = next.open(VfioHeader.VFIO_SPAPR_TCE_v2_IOMMU, process);
    next.restore(taken, state);
    driver.forget(v2);
    assertThat(((FakePower.FakeTable) edu.seen[0]).set).hasSize(8);
    map(taken, READ, m0 + 0x8000, 0x8000, 0x8000);
    assertThat(((FakePower.FakeTable) edu.seen[0]).set).hasSize(16);
    next.release(taken);
    assertThat(lockedKib()).isZero();
    assertThat(physical.pinnedBytes()).isZero();
  }

  /** Random maps and unmaps of one window against a map from page to page. */
  @Test
  void entriesBehaveLikeAMapFromPageToPage() {
    int rounds = Boolean.getBoolean("busbar.long") ? 2000 : 50;
    register(v2, m0, 0x80000);
    map(v2, READ, m0, 0, 0);
    Random random = new Random(11);
    Map<Long, Long> model = new HashMap<>();
    for (int i = 0; i < rounds * 20; i++) {
      long iova = random.nextInt(64) * 0x1000L;
      long pages = random.nextInt(16);
      if (random.nextBoolean()) {
        long from = random.nextInt(160);
        boolean there = from + pages <= 128;
        if (there) {
          assertThat(map(v2, READ, m0 + from * 0x1000, iova, pages * 0x1000)).isZero();
        } else if (pages > 0) {
          assertErrno(Errno.EINVAL, () -> map(v2, READ, m0 + from * 0x1000, iova, pages * 0x1000));
        }
        for (long page = 0; page < pages; page++) {
          if (there) {
            model.put(iova / 0x1000 + page, from + page);
          } else {
            // what a failed call had set is cleared, also what it had replaced
            if (from < 128 && page < 128 - from) {
              model.remove(iova / 0x1000 + page);
            }
          }
        }
      } else {
        assertThat(unmap(v2, iova, pages * 0x1000)).isZero();
        for (long page = 0; page < pages; page++) {
          model.remove(iova / 0x1000 + page);
        }
      }
      assertThat(((FakePower.FakeTable) edu.seen[0]).set.keySet()).isEqualTo(model.keySet());
    }
    driver.release(v2);
    assertThat(physical.pinnedBytes()).isZero();
    assertThat(lockedKib()).isZero();
  }
}

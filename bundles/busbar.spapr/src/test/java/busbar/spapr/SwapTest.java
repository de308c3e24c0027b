package busbar.spapr;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.device.GroupType;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.HandoverOps;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import busbar.uapi.VfioIommuSpaprRegisterMemory;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Swaps in every order that the registry has, between versions in class loaders of their own. */
class SwapTest {
  private enum Ending {
    DONE,
    CALLED_OFF,
    NEVER_RESTORED
  }

  private static final int RW = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
  private static final long SIZE = 0x10000;

  private final PhysicalMemory physical = new PhysicalMemory();
  private AddressSpace space = new AddressSpace("test", physical);
  private FakePower.Process process = new FakePower.Process(space, true);
  private final long vaddr = space.allocate(0x100000);

  /** A version of the backend with a container. */
  private final class Version {
    final Copy copy;
    final VfioIommuDriverOps<Object> driver;
    final Object container;

    Version(Copy copy) {
      this(copy, VFIO_SPAPR_TCE_v2_IOMMU);
    }

    Version(Copy copy, int type) {
      this.copy = copy;
      driver = driver();
      container = driver.open(type, process);
    }

    @SuppressWarnings("unchecked")
    private VfioIommuDriverOps<Object> driver() {
      return copy.as(VfioIommuDriverOps.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(copy.as(HandoverOps.class), container, copy::owns, () -> {});
    }

    void register() {
      memory(VFIO_IOMMU_SPAPR_REGISTER_MEMORY);
    }

    void memory(int command) {
      MemorySegment argument = MemorySegment.ofArray(new byte[24]);
      new VfioIommuSpaprRegisterMemory(24, 0, vaddr, SIZE).encode(argument);
      assertThat(driver.ioctl(container, process, command, argument)).isZero();
    }

    void map(long iova, long size) {
      MemorySegment argument = MemorySegment.ofArray(new byte[32]);
      new VfioIommuType1DmaMap(32, RW, vaddr, iova, size).encode(argument);
      assertThat(driver.ioctl(container, process, VFIO_IOMMU_MAP_DMA, argument)).isZero();
    }

    void unmap(long iova, long size) {
      MemorySegment argument = MemorySegment.ofArray(new byte[24]);
      new VfioIommuType1DmaUnmap(24, 0, iova, size).encode(argument);
      assertThat(driver.ioctl(container, process, VFIO_IOMMU_UNMAP_DMA, argument)).isZero();
    }
  }

  private static Copy copy() {
    return new Copy(SpaprDriver.class, Map.of());
  }

  private Version filled(Copy copy, int group) {
    Version version = new Version(copy);
    version.driver.attachGroup(version.container, new FakePower(group), GroupType.IOMMU);
    version.register();
    version.map(0, 0x8000);
    return version;
  }

  private Version swapped(Version old, Version next, Ending ending) {
    switch (ending) {
      case DONE -> Swap.succeeds(old.side(), next.side(), phase -> {});
      case CALLED_OFF -> Swap.isCalledOff(old.side(), next.side(), phase -> {});
      case NEVER_RESTORED -> Swap.neverRestores(old.side(), next.side(), phase -> {});
    }
    return ending == Ending.DONE ? next : old;
  }

  private void assertAllIsThereAndGoes(Version version) {
    assertThat(physical.pinnedBytes()).isEqualTo(SIZE);
    version.map(0x8000, 0x8000);
    version.unmap(0, 0x8000);
    version.driver.release(version.container);
    assertThat(physical.pinnedBytes()).isZero();
    assertThat(space.lockedPages()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void everythingIsThereAfterEachSwap(Ending ending) {
    Version version = filled(copy(), 0);
    version = swapped(version, new Version(copy()), ending);
    version = swapped(version, new Version(copy()), Ending.DONE);
    version = swapped(version, new Version(copy()), ending);
    assertAllIsThereAndGoes(version);
  }

  @Test
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn() {
    Version version = filled(copy(), 0);
    Copy other = copy();
    int refused = 0;
    for (Damage damage : Damage.of(version.side().save())) {
      try {
        refused +=
            Swap.isRefused(version.side(), new Version(other).side(), damage.record()) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(damage.what(), e);
      }
    }
    assertThat(refused).isGreaterThan(20);
    assertAllIsThereAndGoes(version);
  }

  @Test
  void memoryThatContainersOfTwoVersionsShareIsLetGoOnceAndByTheLast() {
    Copy old = copy();
    Copy next = copy();
    Version first = filled(old, 0);
    Version second = filled(old, 1);
    assertThat(physical.pinnedBytes()).as("pinned once").isEqualTo(SIZE);
    Version moved = swapped(first, new Version(next), Ending.DONE);
    second.map(0x8000, 0x1000);
    moved.map(0x9000, 0x1000);
    second.driver.release(second.container);
    assertThat(physical.pinnedBytes()).isEqualTo(SIZE);
    moved.memory(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY);
    assertThat(physical.pinnedBytes()).as("still mapped").isEqualTo(SIZE);
    moved.unmap(0, 0x8000);
    moved.unmap(0x9000, 0x1000);
    moved.register();
    Version third = new Version(next);
    third.driver.attachGroup(third.container, new FakePower(2), GroupType.IOMMU);
    third.register();
    assertThat(physical.pinnedBytes()).as("pinned once, still").isEqualTo(SIZE);
    moved.driver.release(moved.container);
    third.driver.release(third.container);
  }

  @Test
  void bothContainersOfAProcessCrossOneAfterTheOther() {
    Copy old = copy();
    Copy next = copy();
    Version first = filled(old, 0);
    Version second = filled(old, 1);
    Version one = swapped(first, new Version(next), Ending.DONE);
    second.map(0x8000, 0x1000);
    Version two = swapped(second, new Version(next), Ending.DONE);
    one.driver.release(one.container);
    assertThat(physical.pinnedBytes()).isEqualTo(SIZE);
    two.driver.release(two.container);
    assertThat(physical.pinnedBytes()).isZero();
    assertThat(space.lockedPages()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void aContainerOfTheOldRulesKeepsItsChargeAndItsEntries(Ending ending) {
    Version version = new Version(copy(), VFIO_SPAPR_TCE_IOMMU);
    version.driver.attachGroup(version.container, new FakePower(0), GroupType.IOMMU);
    MemorySegment nothing = MemorySegment.NULL;
    version.driver.ioctl(version.container, process, VFIO_IOMMU_ENABLE, nothing);
    version.map(0, 0x1000);
    long charged = space.lockedPages();
    assertThat(charged).isPositive();
    Version next = new Version(copy(), VFIO_SPAPR_TCE_IOMMU);
    version = swapped(version, next, ending);
    assertThat(space.lockedPages()).isEqualTo(charged);
    version.unmap(0, 0x1000);
    assertThat(physical.pinnedBytes()).isZero();
    version.driver.release(version.container);
    assertThat(space.lockedPages()).isZero();
  }

  @Test
  void whoeverLeavesIsCollected() {
    Version version = filled(copy(), 0);
    WeakReference<ClassLoader> first = version.copy.trace();
    version = swapped(version, new Version(copy()), Ending.DONE);
    assertThat(Copy.isCollected(first)).isTrue();
    Version next = new Version(copy());
    WeakReference<ClassLoader> second = next.copy.trace();
    swapped(version, next, Ending.CALLED_OFF);
    next = null;
    assertThat(Copy.isCollected(second)).isTrue();
    assertAllIsThereAndGoes(version);
  }

  @Test
  void aProcessThatIsGoneIsNotHeld() {
    Version version = filled(copy(), 0);
    version.driver.release(version.container);
    WeakReference<AddressSpace> gone = new WeakReference<>(space);
    Copy stays = version.copy;
    version = null;
    space = null;
    process = null;
    long end = System.nanoTime() + 10_000_000_000L;
    while (!gone.refersTo(null) && System.nanoTime() < end) {
      System.gc();
    }
    assertThat(gone.refersTo(null)).isTrue();
    assertThat(stays.as(VfioIommuDriverOps.class).name()).isEqualTo("vfio-iommu-spapr-tce");
  }
}

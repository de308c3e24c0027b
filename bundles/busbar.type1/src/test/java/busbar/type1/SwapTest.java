package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.RW;
import static busbar.type1.TestContainer.mapArgument;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.device.GroupType;
import busbar.api.iommu.PagePinningOps;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import busbar.type1.FakeIommu.FakeGroup;
import busbar.uapi.VfioIommuType1DirtyBitmap;
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

  /** A version of the backend with a container. */
  private static final class Version {
    final Copy copy;
    final VfioIommuDriverOps<Object> driver;
    final Object container;

    Version(FakeCaller caller) {
      this(new Copy(Type1Driver.class, Map.of()), caller);
    }

    Version(Copy copy, FakeCaller caller) {
      this.copy = copy;
      driver = driver();
      container = driver.open(3, caller);
    }

    @SuppressWarnings("unchecked")
    private VfioIommuDriverOps<Object> driver() {
      return copy.as(VfioIommuDriverOps.class);
    }

    @SuppressWarnings("unchecked")
    PagePinningOps<Object> pinning() {
      return copy.as(PagePinningOps.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(copy.as(HandoverOps.class), container, copy::owns, () -> {});
    }
  }

  private final PhysicalMemory physical = new PhysicalMemory();
  private final AddressSpace memory = new AddressSpace("client", physical);
  private final FakeCaller caller = new FakeCaller(memory);
  private final FakeIommu hardware = new FakeIommu("vt-d");
  private final FakeGroup emulated = FakeGroup.emulated(90);
  private final long vaddr = memory.allocate(64 * PAGE);
  private Version version = new Version(caller);

  /** The registry's: it asks whatever version is in place. */
  private final UnmapListener listener =
      (iova, length) ->
          version.pinning().unpinPages(version.container, iova, (int) (length / PAGE));

  private void ioctl(int command, MemorySegment argument) {
    assertThat(version.driver.ioctl(version.container, caller, command, argument)).isZero();
  }

  private void map(int flags, long at, long iova, long size) {
    ioctl(VFIO_IOMMU_MAP_DMA, mapArgument(32, flags, at, iova, size));
  }

  private long unmap(int flags, long iova, long size) {
    MemorySegment argument = TestContainer.unmapArgument(24, flags, iova, size, null);
    ioctl(VFIO_IOMMU_UNMAP_DMA, argument);
    return VfioIommuType1DmaUnmap.decode(argument).size();
  }

  /** Two domains, an emulated group with pins, mappings of all sorts, dirty tracking. */
  private void fill() {
    version.driver.attachGroup(version.container, hardware.group(1), GroupType.IOMMU);
    version.driver.attachGroup(
        version.container, new FakeIommu("smmuv3").group(7), GroupType.IOMMU);
    version.driver.attachGroup(version.container, emulated, GroupType.EMULATED);
    version.pinning().registerDevice(version.container, listener);
    for (int i = 0; i < 40; i++) {
      map(RW, vaddr + i * PAGE, 0x10000L * i, PAGE);
    }
    map(RW, vaddr, 0x100_0000, 64 * PAGE);
    version.pinning().pinPages(version.container, emulated, 0x100_0000, 4, Access.READ_WRITE);
    MemorySegment start = TestContainer.struct(VfioIommuType1DirtyBitmap.SIZE);
    new VfioIommuType1DirtyBitmap(8, VFIO_IOMMU_DIRTY_PAGES_FLAG_START).encode(start);
    ioctl(VFIO_IOMMU_DIRTY_PAGES, start);
  }

  private void swap(Ending ending) {
    Version next = new Version(caller);
    switch (ending) {
      case DONE -> {
        Swap.succeeds(version.side(), next.side(), phase -> {});
        version = next;
      }
      case CALLED_OFF -> Swap.isCalledOff(version.side(), next.side(), phase -> {});
      case NEVER_RESTORED -> Swap.neverRestores(version.side(), next.side(), phase -> {});
    }
  }

  private void assertAllIsThereAndGoes() {
    assertThat(memory.lockedPages()).isEqualTo(40 + 64);
    assertThat(unmap(0, 0x100_0000, 64 * PAGE)).isEqualTo(64 * PAGE);
    version.pinning().unregisterDevice(version.container, listener);
    map(RW, vaddr, 0x200_0000, PAGE);
    assertThat(unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0)).isEqualTo(41 * PAGE);
    version.driver.release(version.container);
    assertThat(memory.lockedPages()).isZero();
    assertThat(physical.pinnedBytes()).isZero();
    assertThat(hardware.openDomains()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void everythingIsThereAfterEachSwap(Ending ending) {
    fill();
    var pages = Map.copyOf(hardware.openDomains().getFirst().pages);
    swap(ending);
    swap(Ending.DONE);
    swap(ending);
    version.side().save();
    swap(Ending.DONE);
    assertThat(hardware.openDomains().getFirst().pages).isEqualTo(pages);
    assertAllIsThereAndGoes();
  }

  @Test
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn() {
    fill();
    int refused = 0;
    Copy other = new Copy(Type1Driver.class, Map.of());
    for (Damage damage : Damage.of(version.side().save())) {
      Version next = new Version(other, caller);
      try {
        refused += Swap.isRefused(version.side(), next.side(), damage.record()) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(damage.what(), e);
      }
      version.side().save();
    }
    version.side().resume();
    assertThat(refused).isGreaterThan(30);
    assertAllIsThereAndGoes();
  }

  @Test
  void whoeverLeavesIsCollectedAndTheStateToo() {
    fill();
    WeakReference<ClassLoader> first = version.copy.trace();
    swap(Ending.DONE);
    assertThat(Copy.isCollected(first)).isTrue();
    Version next = new Version(caller);
    Swap.isCalledOff(version.side(), next.side(), phase -> {});
    WeakReference<ClassLoader> second = next.copy.trace();
    next = null;
    assertThat(Copy.isCollected(second)).isTrue();
    assertAllIsThereAndGoes();
  }

  @Test
  void aSuspendedVaddrIsStillSuspendedAfterASwapThatWasCalledOffAndOneThatWasNot() {
    version.driver.attachGroup(version.container, hardware.group(1), GroupType.IOMMU);
    map(RW, vaddr, 0, PAGE);
    assertThat(unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0, PAGE)).isEqualTo(PAGE);
    swap(Ending.CALLED_OFF);
    swap(Ending.DONE);
    map(VFIO_DMA_MAP_FLAG_VADDR, vaddr + PAGE, 0, PAGE);
    StateRecord state = version.side().save();
    version.side().resume();
    assertThat(state.get("mappings", long[].class)[2]).isEqualTo(vaddr + PAGE);
    assertThat(unmap(0, 0, PAGE)).isEqualTo(PAGE);
    version.driver.release(version.container);
    assertThat(physical.pinnedBytes()).isZero();
  }
}

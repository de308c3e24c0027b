package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.READ;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.state.StateRecord;
import busbar.type1.FakeIommu.FakeDomain;
import busbar.type1.FakeIommu.FakeGroup;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Random sequences with handovers in between: {@link ContainerModelTest}. */
class Type1StateTest {
  private final TestContainer container = TestContainer.v2();
  private final long vaddr = container.memory.allocate(16 * PAGE);
  private final Type1Driver successor = new Type1Driver(new Type1Parameters(false, false, 4));

  private void handOver() {
    Type1Iommu old = container.iommu;
    Type1Iommu fresh = successor.open(old.v2 ? 3 : 1, container.caller);
    successor.restore(fresh, container.driver.save(old));
    container.driver.forget(old);
    container.iommu = fresh;
  }

  private StateRecord changed(String name, Object value) {
    StateRecord state = container.driver.save(container.iommu);
    Map<String, Object> values = new HashMap<>(state.values());
    values.put(name, value);
    return new StateRecord(state.kind(), state.version(), values);
  }

  private void expectRefused(StateRecord state) {
    Type1Iommu fresh = successor.open(3, container.caller);
    assertErrno(Errno.EINVAL, () -> successor.restore(fresh, state));
    assertThat(fresh.mappings.isEmpty()).isTrue();
    assertThat(fresh.hasDomains()).isFalse();
  }

  @Test
  void theHardwareIsNotTouched() {
    container.attach(new FakeIommu("smmuv3").group(7));
    container.map(vaddr, 0, 4 * PAGE);
    container.map(READ, vaddr, 0x10000, 16 * PAGE);
    FakeDomain domain = container.domain();
    var pages = Map.copyOf(domain.pages);
    int calls = domain.maps.size();
    handOver();
    assertThat(container.domain()).isSameAs(domain);
    assertThat(domain.pages).isEqualTo(pages);
    assertThat(domain.maps).hasSize(calls);
    assertThat(container.memory.lockedPages()).isEqualTo(20);
    assertThat(container.iommu.domains).hasSize(2);
    assertThat(container.unmap(0x10000, 16 * PAGE)).isEqualTo(16 * PAGE);
    assertThat(container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0)).isEqualTo(4 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void theLimitOfTheContainerStaysWhatItWas() {
    container.map(vaddr, 0, PAGE);
    handOver();
    assertThat(container.iommu.available).isEqualTo(65534);
  }

  @Test
  void aSuspendedVaddrStaysSuspended() {
    container.map(vaddr, 0, PAGE);
    container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0, PAGE);
    handOver();
    assertThat(container.iommu.suspended).isEqualTo(1);
    container.map(VFIO_DMA_MAP_FLAG_VADDR, vaddr + PAGE, 0, PAGE);
    assertThat(container.iommu.suspended).isZero();
  }

  @Test
  void severalOwnersKeepTheirCharges() {
    AddressSpace other = new AddressSpace("other", container.physical);
    FakeCaller second = new FakeCaller(other);
    container.map(vaddr, 0, 2 * PAGE);
    container.map(second, READ, other.allocate(PAGE), 0x10000, PAGE);
    handOver();
    assertThat(container.unmap(0x10000, PAGE)).isEqualTo(PAGE);
    assertThat(other.lockedPages()).isZero();
    assertThat(container.memory.lockedPages()).isEqualTo(2);
  }

  @Test
  void pinnedPagesListenersAndDirtyBitsGoAlong() {
    TestContainer own = TestContainer.empty();
    FakeGroup group = FakeGroup.emulated(9);
    own.attachEmulated(group);
    long memory = own.memory.allocate(4 * PAGE);
    UnmapListener device =
        (iova, length) -> successor.unpinPages(own.iommu, iova, (int) (length / PAGE));
    own.driver.registerDevice(own.iommu, device);
    own.map(memory, 0, 4 * PAGE);
    own.driver.pinPages(own.iommu, group, PAGE, 2, Access.READ);
    own.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    Type1Iommu old = own.iommu;
    own.iommu = successor.open(3, own.caller);
    successor.restore(own.iommu, own.driver.save(old));
    own.driver.forget(old);
    assertThat(own.iommu.mappings.first().dirty.toBytes()[0]).isEqualTo((byte) 0b110);
    assertThat(own.memory.lockedPages()).isEqualTo(2);
    assertThat(own.unmap(0, 4 * PAGE)).isEqualTo(4 * PAGE);
    successor.unregisterDevice(own.iommu, device);
    assertThat(own.iommu.listeners).isEmpty();
    own.assertNothingLeft();
  }

  @Test
  void aSwapThatIsCalledOffChangesNothing() {
    container.map(vaddr, 0, 4 * PAGE);
    container.driver.save(container.iommu);
    container.driver.resume(container.iommu);
    assertThat(container.unmap(0, 4 * PAGE)).isEqualTo(4 * PAGE);
    container.assertNothingLeft();
  }

  @Test
  void statesThatMakeNoSenseAreRefused() {
    container.map(vaddr, 0, PAGE);
    StateRecord state = container.driver.save(container.iommu);
    expectRefused(new StateRecord("vfio-iommu-spapr-tce", 1, state.values()));
    expectRefused(new StateRecord(state.kind(), 2, state.values()));
    expectRefused(changed("v2", false));
    expectRefused(changed("v2", "yes"));
    expectRefused(changed("mappings", new long[5]));
    expectRefused(changed("mappings", new long[6]));
    expectRefused(changed("owners", List.of()));
    expectRefused(changed("pins", new byte[24]));
    expectRefused(changed("dirtyTracking", true));
    long[] once = state.get("mappings", long[].class);
    long[] twice = Arrays.copyOf(once, 12);
    System.arraycopy(once, 0, twice, 6, 6);
    expectRefused(changed("mappings", twice));
  }

  @Test
  void aContainerInUseTakesNoState() {
    StateRecord state = container.driver.save(container.iommu);
    assertErrno(Errno.EINVAL, () -> successor.restore(container.iommu, state));
  }

  @Test
  void aFullContainerCrossesWhole() {
    TestContainer full = TestContainer.v2();
    long memory = full.memory.allocate(PAGE);
    for (int i = 0; i < 65535; i++) {
      full.map(memory, i * PAGE, PAGE);
    }
    Type1Iommu old = full.iommu;
    full.iommu = successor.open(3, full.caller);
    successor.restore(full.iommu, full.driver.save(old));
    full.driver.forget(old);
    assertThat(full.memory.lockedPages()).isEqualTo(65535);
    assertThat(full.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0)).isEqualTo(65535 * PAGE);
    full.assertNothingLeft();
  }
}

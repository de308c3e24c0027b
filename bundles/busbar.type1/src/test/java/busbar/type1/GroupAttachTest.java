package busbar.type1;

import static busbar.type1.TestContainer.MSI;
import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.READ;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_VADDR;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.iommu.ReservedRegion;
import busbar.api.iommu.ReservedRegion.Kind;
import busbar.type1.FakeIommu.FakeDomain;
import busbar.type1.FakeIommu.FakeDomain.MapCall;
import busbar.type1.FakeIommu.FakeGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupAttachTest {
  private final TestContainer container = TestContainer.empty();
  private final FakeIommu hardware = container.hardware;
  private final FakeIommu other = new FakeIommu("smmuv3");
  private final long vaddr = container.memory.allocate(64 * PAGE);

  private void expect(Errno errno, FakeGroup group) {
    int domains = container.iommu.domains.size();
    int mapped = container.iommu.mappings.size();
    assertErrno(errno, () -> container.attach(group));
    assertThat(group.domain).as("still attached").isNull();
    assertThat(container.iommu.domains).hasSize(domains);
    assertThat(container.iommu.mappings.size()).isEqualTo(mapped);
    assertThat(hardware.openDomains().size() + other.openDomains().size()).isEqualTo(domains);
  }

  private String ranges() {
    StringBuilder text = new StringBuilder();
    IovaList iovas = container.iommu.iovas;
    for (int i = 0; i < iovas.size(); i++) {
      text.append("[%x-%x]".formatted(iovas.first(i), iovas.last(i)));
    }
    return text.toString();
  }

  // The order of checks

  @Test
  void aSuspendedVaddrComesFirst() {
    FakeGroup group = hardware.group(1);
    container.attach(group);
    container.map(vaddr, 0, PAGE);
    container.unmap(VFIO_DMA_UNMAP_FLAG_VADDR, 0, PAGE);
    assertErrno(Errno.EBUSY, () -> container.attach(group));
    assertErrno(Errno.EBUSY, () -> container.attachEmulated(group));
    container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
    assertErrno(Errno.EINVAL, () -> container.attach(group));
    assertErrno(Errno.EINVAL, () -> container.attachEmulated(group));
  }

  @Test
  void aGroupWithoutHardwareIsEnodev() {
    expect(Errno.ENODEV, FakeGroup.emulated(1));
  }

  @Test
  void conflictsComeBeforeUnsafeInterrupts() {
    container.attachEmulated(FakeGroup.emulated(9));
    container.map(vaddr, 0xfee00000L, PAGE);
    hardware.isolates = false;
    expect(Errno.EINVAL, hardware.group(1, MSI));
    container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
    expect(Errno.EPERM, hardware.group(1, MSI));
  }

  @Test
  void unsafeInterruptsComeBeforeTheReplay() {
    container.attachEmulated(FakeGroup.emulated(9));
    container.map(0x123000, 0, PAGE);
    hardware.isolates = false;
    expect(Errno.EPERM, hardware.group(1));
    container.parameters.set("allow_unsafe_interrupts", "1");
    expect(Errno.EFAULT, hardware.group(1));
    container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
    container.attach(hardware.group(1));
  }

  // Addresses

  @Test
  void whatAGroupReservesIsTakenOutAndGivenBack() {
    FakeGroup first = hardware.group(1, MSI);
    FakeGroup second =
        hardware.group(
            2,
            new ReservedRegion(0, 0xffff, Kind.DIRECT),
            new ReservedRegion(0x20000, 0x2ffff, Kind.DIRECT_RELAXABLE),
            MSI);
    container.attach(first);
    assertThat(ranges()).isEqualTo("[0-fedfffff][fef00000-ffffffffffff]");
    container.attach(second);
    assertThat(ranges()).isEqualTo("[10000-fedfffff][fef00000-ffffffffffff]");
    container.map(vaddr, 0x20000, PAGE);
    assertErrno(Errno.EINVAL, () -> container.map(vaddr, 0, PAGE));
    container.detach(first);
    assertThat(ranges()).isEqualTo("[10000-fedfffff][fef00000-ffffffffffff]");
    container.attach(first);
    container.detach(second);
    // the span of before is kept while the domain stays, as in the kernel
    assertThat(ranges()).isEqualTo("[10000-fedfffff][fef00000-ffffffffffff]");
  }

  @Test
  void aReservedRegionUnderAMappingRefusesTheGroupUnlessItIsRelaxable() {
    container.attach(hardware.group(1));
    container.map(vaddr, 0x10000, 4 * PAGE);
    expect(Errno.EINVAL, hardware.group(2, new ReservedRegion(0x13000, 0x13fff, Kind.RESERVED)));
    expect(Errno.EINVAL, hardware.group(2, new ReservedRegion(0, -1, Kind.DIRECT)));
    container.attach(
        hardware.group(2, new ReservedRegion(0x13000, 0x13fff, Kind.DIRECT_RELAXABLE)));
  }

  @Test
  void aGroupThatReservesEverythingIsRefused() {
    expect(Errno.EINVAL, hardware.group(2, new ReservedRegion(0, -1, Kind.DIRECT)));
    assertThat(container.iommu.iovas.isEmpty()).isTrue();
  }

  @Test
  void theApertureMustHoldWhatIsMapped() {
    container.attach(hardware.group(1));
    container.map(vaddr, 0x10000, PAGE);
    container.map(vaddr, 0xffff_0000L, PAGE);
    other.apertureEnd = 0xfffe_ffffL;
    expect(Errno.EINVAL, other.group(2));
    other.apertureEnd = 0xffff_ffffL;
    other.apertureStart = 0x11000;
    expect(Errno.EINVAL, other.group(2));
    other.apertureStart = 1L << 50;
    other.apertureEnd = 1L << 51;
    expect(Errno.EINVAL, other.group(2));
    other.apertureStart = 0x2000;
    other.apertureEnd = 0x1000;
    expect(Errno.EINVAL, other.group(2));
    other.apertureStart = 0x10000;
    other.apertureEnd = 0xffff_ffffL;
    FakeGroup narrow = other.group(2);
    container.attach(narrow);
    assertThat(ranges()).isEqualTo("[10000-ffffffff]");
    container.detach(narrow);
    assertThat(ranges()).isEqualTo("[0-ffffffffffff]");
  }

  @Test
  void afterTheLastRealGroupEverythingCanBeMappedThatAnEmulatedOneAllows() {
    FakeGroup real = hardware.group(1, MSI);
    container.attachEmulated(FakeGroup.emulated(9));
    assertThat(ranges()).isEmpty();
    container.attach(real);
    container.detach(real);
    assertThat(ranges()).isEqualTo("[0-ffffffffffffffff]");
    assertThat(container.iommu.pageSizes).isEqualTo(-PAGE);
  }

  // Page sizes

  @ParameterizedTest
  @CsvSource({
    "0x40201000, 0x40201000",
    "0x40010000, 0x40010000",
    "0x40201200, 0x40201000",
    "0x800, 0x1000"
  })
  void pageSizesAreTheHardwaresFromTheHostsPageOn(String sizes, String shown) {
    hardware.pageSizes = Long.decode(sizes);
    container.attach(hardware.group(1));
    assertThat(container.iommu.pageSizes).isEqualTo(Long.decode(shown));
  }

  @Test
  void pageSizesAreThoseThatAllDomainsHave() {
    other.pageSizes = 0x2001_1000;
    FakeGroup second = other.group(2);
    container.attach(hardware.group(1));
    container.attach(second);
    assertThat(container.iommu.pageSizes).isEqualTo(0x1000);
    container.detach(second);
    assertThat(container.iommu.pageSizes).isEqualTo(0x40201000);
    other.pageSizes = 0x10000;
    expect(Errno.EINVAL, other.group(3));
  }

  // Domains

  @Test
  void groupsOfOneHardwareShareADomain() {
    container.attach(hardware.group(1));
    container.map(vaddr, 0, PAGE);
    FakeGroup second = hardware.group(2);
    container.attach(second);
    assertThat(container.iommu.domains).hasSize(1);
    assertThat(second.domain).isSameAs(container.domain());
    assertThat(hardware.openDomains()).hasSize(1);
    assertThat(container.domain().maps).hasSize(1);
    container.detach(second);
    assertThat(container.domain().pages).hasSize(1);
  }

  @Test
  void aDomainThatDoesNotTakeTheGroupGetsACompanion() {
    container.attach(hardware.group(1));
    container.map(vaddr, 0, 4 * PAGE);
    container.domain().refusesGroups = true;
    FakeGroup second = hardware.group(2);
    container.attach(second);
    assertThat(container.iommu.domains).hasSize(2);
    assertThat(container.domain().pages).hasSize(4);
    assertThat(container.memory.lockedPages()).isEqualTo(4);
  }

  @Test
  void coherentAndOtherDomainsAreNotShared() {
    container.attach(hardware.group(1));
    hardware.coherent = true;
    container.attach(hardware.group(2));
    assertThat(container.iommu.domains).hasSize(2);
    assertThat(container.iommu.isCoherent()).isFalse();
  }

  @Test
  void replayCopiesWhatIsMappedRunByRun() {
    container.attach(hardware.group(1));
    container.map(READ, vaddr, 0x10000, 8 * PAGE);
    container.parameters.set("disable_hugepages", "Y");
    container.map(vaddr, 0x20000, 2 * PAGE);
    container.attach(other.group(2));
    FakeDomain added = container.domain();
    assertThat(added.maps).extracting(MapCall::size).containsExactly(8 * PAGE, 2 * PAGE);
    assertThat(added.maps).extracting(MapCall::protection).containsExactly(1, 3);
    assertThat(added.pages).isEqualTo(hardware.openDomains().getFirst().pages);
    assertThat(container.memory.lockedPages()).isEqualTo(10);
    container.unmap(0x10000, 8 * PAGE);
    assertThat(added.pages).hasSize(2);
  }

  @Test
  void replayFailingInTheMiddleLeavesTheOldDomainsAlone() {
    container.attach(hardware.group(1));
    for (int i = 0; i < 4; i++) {
      container.map(vaddr, i * 0x10000, 2 * PAGE);
    }
    other.mapsUntilFailure = 2;
    expect(Errno.ENOMEM, other.group(2));
    assertThat(other.domains.getFirst().maps).hasSize(2);
    assertThat(other.domains.getFirst().pages).isEmpty();
    assertThat(container.domain().pages).hasSize(8);
    assertThat(container.memory.lockedPages()).isEqualTo(8);
    assertThat(container.physical.pinnedBytes()).isEqualTo(8 * PAGE);
    container.unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
    container.assertNothingLeft();
  }

  @Test
  void theFirstRealGroupPinsWhatWasOnlyNotedDown() {
    container.attachEmulated(FakeGroup.emulated(9));
    container.map(vaddr, 0, 4 * PAGE);
    container.map(vaddr + 8 * PAGE, 0x10000, 4 * PAGE);
    container.memory.setLockedLimitBytes(6 * PAGE);
    expect(Errno.ENOMEM, hardware.group(1));
    assertThat(container.memory.lockedPages()).isZero();
    assertThat(container.physical.pinnedBytes()).isZero();
    container.memory.setLockedLimitBytes(8 * PAGE);
    hardware.mapsUntilFailure = 1;
    expect(Errno.ENOMEM, hardware.group(1));
    assertThat(container.memory.lockedPages()).isZero();
    hardware.mapsUntilFailure = Integer.MAX_VALUE;
    FakeGroup real = hardware.group(1);
    container.attach(real);
    assertThat(container.memory.lockedPages()).isEqualTo(8);
    assertThat(container.domain().pages).hasSize(8);
    container.detach(real);
    assertThat(container.memory.lockedPages()).isZero();
    assertThat(container.physical.pinnedBytes()).isZero();
    assertThat(container.iommu.mappings.size()).isEqualTo(2);
  }

  @Test
  void theLastRealGroupTakesTheMappingsAlong() {
    FakeGroup first = hardware.group(1);
    FakeGroup second = other.group(2);
    container.attach(first);
    container.attach(second);
    container.map(vaddr, 0, 4 * PAGE);
    container.detach(first);
    assertThat(container.memory.lockedPages()).isEqualTo(4);
    assertThat(hardware.openDomains()).isEmpty();
    container.detach(second);
    container.assertNothingLeft();
    assertThat(other.openDomains()).isEmpty();
    assertThat(container.iommu.available).isEqualTo(65535);
  }

  @Test
  void theLastEmulatedGroupTakesTheMappingsAlong() {
    FakeGroup group = FakeGroup.emulated(9);
    container.attachEmulated(group);
    container.map(vaddr, 0, 4 * PAGE);
    container.detach(group);
    container.assertNothingLeft();
  }

  @Test
  void aGroupThatWroteWhereItLikedLeavesEverythingDirty() {
    FakeGroup first = hardware.group(1);
    FakeGroup second = hardware.group(2);
    container.attach(first);
    container.attach(second);
    container.map(vaddr, 0, 4 * PAGE);
    container.dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    container.detach(second);
    assertThat(container.iommu.nonPinnedGroups).isEqualTo(1);
    assertThat(container.iommu.mappings.first().dirty.toBytes()[0]).isEqualTo((byte) 0xf);
  }
}

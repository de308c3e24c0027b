package busbar.uapi;

import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_CAP_SPARSE_MMAP;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_CAP_TYPE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.uapi.CapabilityChain.Capability;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilityChainTest {

  private static final VfioInfoCapHeader NO_HEADER = new VfioInfoCapHeader(0, 0, 0);

  /** Recorded from Linux 7.3.4, scenario 040-iommu-get-info-argsz, the step with argsz=120. */
  @Test
  void type1InfoHasTheOffsetsThatLinuxAnswers() {
    CapabilityChain chain = type1Chain();
    assertThat(VfioIommuType1Info.SIZE + chain.byteSize()).isEqualTo(120);

    MemorySegment answer = segment(120);
    chain.copyInto(answer, VfioIommuType1Info.SIZE);

    assertThat(VfioInfoCapHeader.decode(answer, 24)).isEqualTo(new VfioInfoCapHeader(2, 1, 56));
    assertThat(VfioInfoCapHeader.decode(answer, 56)).isEqualTo(new VfioInfoCapHeader(3, 1, 72));
    assertThat(VfioInfoCapHeader.decode(answer, 72)).isEqualTo(new VfioInfoCapHeader(1, 1, 0));
  }

  @Test
  void readingFindsWhatWasAdded() {
    MemorySegment answer = segment(256);
    type1Chain().copyInto(answer, VfioIommuType1Info.SIZE);

    List<Capability> capabilities = CapabilityChain.read(answer, 24);

    assertThat(capabilities).extracting(Capability::id).containsExactly(2, 3, 1);
    assertThat(capabilities).extracting(Capability::version).containsOnly(1);
    assertThat(capabilities).extracting(Capability::offset).containsExactly(24L, 56L, 72L);
    assertThat(VfioIommuType1InfoCapMigration.decode(capabilities.get(0).segment()))
        .isEqualTo(
            new VfioIommuType1InfoCapMigration(
                new VfioInfoCapHeader(2, 1, 56), 0, 0x1000, 0x1000_0000));
    assertThat(VfioIommuType1InfoDmaAvail.decode(capabilities.get(1).segment()).avail())
        .isEqualTo(65535);
    MemorySegment ranges = capabilities.get(2).segment();
    assertThat(VfioIommuType1InfoCapIovaRange.decode(ranges).nrIovas()).isEqualTo(2);
    assertThat(
            VfioIovaRange.decode(
                ranges, VfioIommuType1InfoCapIovaRange.flexOffset() + VfioIovaRange.SIZE))
        .isEqualTo(new VfioIovaRange(0xfef00000L, 0xffff_ffff_ffffL));
  }

  /** Recorded from Linux 7.3.4, scenario 080-device-info-nvme, region 0. */
  @Test
  void aCapabilityCanBeNothingButAHeader() {
    CapabilityChain chain = new CapabilityChain().add(VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1);
    assertThat(VfioRegionInfo.SIZE + chain.byteSize()).isEqualTo(40);

    MemorySegment answer = segment(40);
    chain.copyInto(answer, VfioRegionInfo.SIZE);

    assertThat(VfioInfoCapHeader.decode(answer, 32)).isEqualTo(new VfioInfoCapHeader(3, 1, 0));
    assertThat(CapabilityChain.read(answer, 32)).hasSize(1);
  }

  @Test
  void copyingLeavesTheFixedStructAndWhatFollowsAlone() {
    MemorySegment answer = segment(64).fill((byte) 0xee);
    new CapabilityChain().add(VFIO_REGION_INFO_CAP_TYPE, 1, 12, s -> {}).copyInto(answer, 32);

    assertThat(answer.asSlice(0, 32).mismatch(segment(32).fill((byte) 0xee))).isEqualTo(-1);
    assertThat(answer.asSlice(48).mismatch(segment(16).fill((byte) 0xee))).isEqualTo(-1);
    assertThat(answer.asSlice(40, 8).mismatch(segment(8))).isEqualTo(-1);
  }

  @Test
  void aChainThatDoesNotFitWritesNothing() {
    MemorySegment answer = segment(119);
    assertThatThrownBy(() -> type1Chain().copyInto(answer, VfioIommuType1Info.SIZE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(answer.mismatch(segment(119))).isEqualTo(-1);
  }

  @Test
  void aCapabilityHasRoomForItsHeader() {
    assertThatThrownBy(() -> new CapabilityChain().add(1, 1, 7, s -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void noOffsetMeansNoCapabilities() {
    assertThat(new CapabilityChain().isEmpty()).isTrue();
    assertThat(CapabilityChain.read(segment(24), 0)).isEmpty();
  }

  @Test
  void aLinkOutOfTheBufferIsRefused() {
    MemorySegment answer = segment(64);
    new VfioInfoCapHeader(VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 57).encode(answer, 32);
    assertThatThrownBy(() -> CapabilityChain.read(answer, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("57");
    assertThatThrownBy(() -> CapabilityChain.read(answer, 0xffff_fff0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> CapabilityChain.read(segment(4), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aLoopIsRefused() {
    MemorySegment answer = segment(64);
    new VfioInfoCapHeader(VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 48).encode(answer, 32);
    new VfioInfoCapHeader(VFIO_REGION_INFO_CAP_TYPE, 1, 32).encode(answer, 48);
    assertThatThrownBy(() -> CapabilityChain.read(answer, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("loops");
  }

  @Test
  void aLinkIntoAnotherHeaderIsRefused() {
    MemorySegment answer = segment(64);
    new VfioInfoCapHeader(VFIO_REGION_INFO_CAP_TYPE, 1, 36).encode(answer, 32);
    answer.set(ValueLayout.JAVA_INT_UNALIGNED, 40, 0);
    assertThatThrownBy(() -> CapabilityChain.read(answer, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("overlap");
  }

  @Test
  void aCapabilityEndsWhereTheNextInMemoryStarts() {
    MemorySegment answer = segment(64);
    new VfioInfoCapHeader(VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 32).encode(answer, 48);
    new VfioInfoCapHeader(VFIO_REGION_INFO_CAP_TYPE, 1, 0).encode(answer, 32);
    assertThat(CapabilityChain.read(answer, 48))
        .extracting(c -> c.segment().byteSize())
        .containsExactly(16L, 16L);
  }

  private static CapabilityChain type1Chain() {
    return new CapabilityChain()
        .add(
            VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
            1,
            VfioIommuType1InfoCapMigration.SIZE,
            new VfioIommuType1InfoCapMigration(NO_HEADER, 0, 0x1000, 0x1000_0000)::encode)
        .add(
            VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
            1,
            VfioIommuType1InfoDmaAvail.SIZE,
            new VfioIommuType1InfoDmaAvail(NO_HEADER, 65535)::encode)
        .add(
            VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
            1,
            VfioIommuType1InfoCapIovaRange.SIZE + 2 * VfioIovaRange.SIZE,
            CapabilityChainTest::encodeRanges);
  }

  private static void encodeRanges(MemorySegment s) {
    new VfioIommuType1InfoCapIovaRange(NO_HEADER, 2, 0).encode(s);
    long at = VfioIommuType1InfoCapIovaRange.flexOffset();
    new VfioIovaRange(0, 0xfedfffffL).encode(s, at);
    new VfioIovaRange(0xfef00000L, 0xffff_ffff_ffffL).encode(s, at + VfioIovaRange.SIZE);
  }

  private static MemorySegment segment(int bytes) {
    return MemorySegment.ofArray(new byte[bytes]);
  }
}

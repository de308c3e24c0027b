package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static busbar.type1.TestContainer.assertErrno;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_GET_INFO;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.uapi.CapabilityChain;
import busbar.uapi.CapabilityChain.Capability;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioIommuType1InfoCapIovaRange;
import busbar.uapi.VfioIommuType1InfoCapMigration;
import busbar.uapi.VfioIommuType1InfoDmaAvail;
import busbar.uapi.VfioIovaRange;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values are those of the recordings 016 and 040 of Linux 7.3. */
class InfoTest {
  private static final int NEEDED = 120;
  private final TestContainer container = TestContainer.v2();

  private static MemorySegment argument(int argsz, int bytes) {
    MemorySegment argument = MemorySegment.ofArray(new byte[bytes]).fill((byte) 0xee);
    argument.set(ValueLayout.JAVA_INT_UNALIGNED, 0, argsz);
    return argument;
  }

  private VfioIommuType1Info get(MemorySegment argument) {
    assertThat(container.ioctl(VFIO_IOMMU_GET_INFO, argument)).isZero();
    return VfioIommuType1Info.decode(argument);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 15})
  void argszTooSmallIsEinval(int argsz) {
    assertErrno(Errno.EINVAL, () -> container.ioctl(VFIO_IOMMU_GET_INFO, argument(argsz, 24)));
  }

  @Test
  void anArgumentThatCannotBeReadIsEfault() {
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_GET_INFO, argument(0, 15)));
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_GET_INFO, Args.immediate(0)));
  }

  @ParameterizedTest
  @ValueSource(ints = {24, 28, 56, 104, 119})
  void withoutRoomForTheChainArgszSaysWhatIsNeeded(int argsz) {
    MemorySegment argument = argument(argsz, NEEDED);
    VfioIommuType1Info info = get(argument);
    assertThat(info).isEqualTo(new VfioIommuType1Info(NEEDED, 3, 0x40201000, 0, 0));
    assertThat(argument.get(ValueLayout.JAVA_BYTE, 24)).isEqualTo((byte) 0xee);
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 17, 20, 23})
  void anOldShortStructIsNotWrittenBeyond(int argsz) {
    MemorySegment argument = argument(argsz, 24);
    VfioIommuType1Info info = get(argument);
    assertThat(info.argsz()).isEqualTo(NEEDED);
    assertThat(info.iovaPgsizes()).isEqualTo(0x40201000);
    for (int i = argsz; i < 24; i++) {
      assertThat(argument.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) 0xee);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {120, 256, 4096, -1})
  void withRoomTheChainFollows(int argsz) {
    MemorySegment argument = argument(argsz, argsz == -1 ? 200 : argsz);
    VfioIommuType1Info info = get(argument);
    assertThat(info).isEqualTo(new VfioIommuType1Info(argsz, 3, 0x40201000, 24, 0));
    List<Capability> chain = CapabilityChain.read(argument, info.capOffset());
    assertThat(chain).extracting(Capability::id).containsExactly(2, 3, 1);
    assertThat(chain).extracting(Capability::version).containsOnly(1);
    assertThat(chain).extracting(Capability::offset).containsExactly(24L, 56L, 72L);
    var migration = VfioIommuType1InfoCapMigration.decode(chain.get(0).segment());
    assertThat(migration.flags()).isZero();
    assertThat(migration.pgsizeBitmap()).isEqualTo(0x1000);
    assertThat(migration.maxDirtyBitmapSize()).isEqualTo(0x10000000);
    var available = VfioIommuType1InfoDmaAvail.decode(chain.get(1).segment());
    assertThat(available.avail()).isEqualTo(65535);
    MemorySegment ranges = chain.get(2).segment();
    assertThat(VfioIommuType1InfoCapIovaRange.decode(ranges).nrIovas()).isEqualTo(2);
    assertThat(VfioIovaRange.decode(ranges, 16)).isEqualTo(new VfioIovaRange(0, 0xfedfffffL));
    assertThat(VfioIovaRange.decode(ranges, 32))
        .isEqualTo(new VfioIovaRange(0xfef00000L, 0xffffffffffffL));
  }

  @Test
  void memoryThatEndsTooEarlyIsEfaultAfterWhatFits() {
    MemorySegment argument = argument(24, 16);
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_GET_INFO, argument));
    assertThat(argument.get(ValueLayout.JAVA_INT_UNALIGNED, 0)).isEqualTo(NEEDED);
    assertThat(argument.get(ValueLayout.JAVA_INT_UNALIGNED, 4)).isEqualTo(3);
    MemorySegment noChain = argument(256, 24);
    assertErrno(Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_GET_INFO, noChain));
    assertThat(noChain.get(ValueLayout.JAVA_INT_UNALIGNED, 0)).isEqualTo(256);
    assertErrno(
        Errno.EFAULT, () -> container.ioctl(VFIO_IOMMU_GET_INFO, argument(24, 24).asReadOnly()));
  }

  @Test
  void availableMappingsAreCountedDown() {
    container.map(container.memory.allocate(PAGE), 0, PAGE);
    MemorySegment argument = argument(256, 256);
    get(argument);
    Capability capability = CapabilityChain.read(argument, 24).get(1);
    assertThat(VfioIommuType1InfoDmaAvail.decode(capability.segment()).avail()).isEqualTo(65534);
  }

  @Test
  void withEmulatedGroupsAloneThereAreNoRangesAndAllPageSizes() {
    TestContainer emulated = TestContainer.emulated();
    MemorySegment argument = argument(256, 256);
    assertThat(emulated.ioctl(VFIO_IOMMU_GET_INFO, argument)).isZero();
    assertThat(VfioIommuType1Info.decode(argument).iovaPgsizes()).isEqualTo(-PAGE);
    assertThat(CapabilityChain.read(argument, 24)).extracting(Capability::id).containsExactly(2, 3);
    MemorySegment exact = argument(72, 72);
    assertThat(emulated.ioctl(VFIO_IOMMU_GET_INFO, exact)).isZero();
    assertThat(VfioIommuType1Info.decode(exact).capOffset()).isEqualTo(24);
  }
}

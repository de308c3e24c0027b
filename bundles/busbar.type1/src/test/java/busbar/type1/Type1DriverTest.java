package busbar.type1;

import static busbar.type1.TestContainer.assertErrno;
import static busbar.uapi.VfioHeader.VFIO_CHECK_EXTENSION;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.device.ModuleParameters.Parameter;
import busbar.type1.FakeIommu.FakeGroup;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Type1DriverTest {
  private final TestContainer container = TestContainer.v2();

  private List<Long> extensions(Type1Iommu iommu) {
    return LongStream.rangeClosed(-1, 12)
        .filter(
            id ->
                container.driver.ioctl(
                        iommu, container.caller, VFIO_CHECK_EXTENSION, Args.immediate(id))
                    == 1)
        .boxed()
        .toList();
  }

  /** Recordings 012 and 016: type 10 is no answer to a container that has not chosen. */
  @Test
  void extensionsAreThoseOfLinux() {
    assertThat(extensions(null)).containsExactly(1L, 3L, 9L);
    assertThat(extensions(container.iommu)).containsExactly(1L, 3L, 9L, 10L);
    MemorySegment wide = Args.immediate(1L << 32 | 1);
    assertThat(container.ioctl(VFIO_CHECK_EXTENSION, wide)).isZero();
  }

  @Test
  void emulatedGroupsTakeTheVaddrExtensionAway() {
    FakeGroup group = FakeGroup.emulated(5);
    container.attachEmulated(group);
    assertThat(extensions(container.iommu)).containsExactly(1L, 3L, 9L);
    container.detach(group);
    assertThat(extensions(container.iommu)).containsExactly(1L, 3L, 9L, 10L);
  }

  @Test
  void coherencyIsAnsweredIfAllDomainsEnforceIt() {
    FakeIommu coherent = new FakeIommu("coherent");
    coherent.coherent = true;
    TestContainer own = TestContainer.empty();
    own.attach(coherent.group(1));
    assertThat(extensions(own.iommu)).containsExactly(1L, 3L, 4L, 9L, 10L);
    own.attach(new FakeIommu("other").group(2));
    assertThat(extensions(own.iommu)).containsExactly(1L, 3L, 9L, 10L);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 4, 5, 7, 8, 9, 10, 11, -1})
  void otherTypesAreRefused(int type) {
    assertErrno(Errno.EINVAL, () -> container.driver.open(type, container.caller));
  }

  @Test
  void theFormerNestingTypeIsAnOrdinaryV2() {
    assertThat(container.driver.open(6, container.caller).v2).isTrue();
    assertThat(container.driver.open(1, container.caller).v2).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 0x3b63, 0x3b67, 0x3b73, 0x3b74, 0x3b76, 0x3b77, 0x3b78, 0x3bff, 0x5401})
  void otherIoctlsAreEnotty(int command) {
    assertErrno(Errno.ENOTTY, () -> container.ioctl(command, MemorySegment.NULL));
  }

  @Test
  void theContainerFileHasNoBytes() {
    MemorySegment buffer = MemorySegment.ofArray(new byte[8]);
    assertErrno(
        Errno.EINVAL, () -> container.driver.read(container.iommu, container.caller, buffer));
    assertErrno(
        Errno.EINVAL, () -> container.driver.write(container.iommu, container.caller, buffer));
  }

  // Parameters

  private String parameter(String name) {
    return container.parameters.parameters().stream()
        .filter(p -> p.name().equals(name))
        .map(Parameter::value)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"4, 4", "0x10, 16", "010, 8", "0, 0", "4294967295, 4294967295", "'8\n', 8"})
  void theEntryLimitIsAnUnsignedNumber(String given, String shown) {
    container.parameters.set("dma_entry_limit", given);
    assertThat(parameter("dma_entry_limit")).isEqualTo(shown);
    assertThat(container.driver.open(3, container.caller).available)
        .isEqualTo(Long.parseLong(shown));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "4294967296", "many", "1 2", "#12"})
  void otherEntryLimitsAreRefused(String given) {
    assertErrno(Errno.EINVAL, () -> container.parameters.set("dma_entry_limit", given));
    assertThat(parameter("dma_entry_limit")).isEqualTo("65535");
  }

  @ParameterizedTest
  @ValueSource(strings = {"allow_unsafe_interrupts", "disable_hugepages"})
  void theOthersAreSwitches(String name) {
    assertThat(parameter(name)).isEqualTo("N");
    container.parameters.set(name, "1");
    assertThat(parameter(name)).isEqualTo("Y");
    container.parameters.set(name, "off");
    assertThat(parameter(name)).isEqualTo("N");
    assertErrno(Errno.EINVAL, () -> container.parameters.set(name, "2"));
    assertErrno(Errno.ENOENT, () -> container.parameters.set(name + "s", "Y"));
  }
}

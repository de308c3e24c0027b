package busbar.conformance.play;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioIovaRange;
import busbar.uapi.VfioPciHotResetInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines that are expected here are lines of recorded traces, where a trace has one. */
class IoctlStepsTest extends PlayerFixture {
  @Test
  void theNameOfADeviceTravelsAsAString() {
    List<String> names = new ArrayList<>();
    client.answer(
        (command, argument) -> {
          names.add(argument.getString(0) + "|" + argument.byteSize());
          return 9;
        });
    play("open-group g0 id=1");

    assertThat(play("ioctl g0 GROUP_GET_DEVICE_FD d0 @edu")).isEqualTo("OK fd=d0");
    play("ioctl g0 GROUP_GET_DEVICE_FD d0 \"\"");
    play("ioctl g0 GROUP_GET_DEVICE_FD d0 @edu vf_token=00112233-4455-6677-8899-aabbccddeeff");

    assertThat(names)
        .containsExactly(
            "0000:00:04.0|13",
            "|1",
            "0000:00:04.0 vf_token=00112233-4455-6677-8899-aabbccddeeff|59");
  }

  @Test
  void numbersAreShownWhereTheCallAlwaysReturnsOne() {
    client.answer((command, argument) -> Args.immediate(argument) == 3 ? 1 : 0);
    play("open-container c0");

    assertThat(
            playAll(
                "ioctl c0 GET_API_VERSION",
                "ioctl c0 GET_API_VERSION arg=3",
                "ioctl c0 CHECK_EXTENSION TYPE1v2",
                "ioctl c0 CHECK_EXTENSION -1",
                "ioctl c0 SET_IOMMU 0",
                "ioctl c0 DEVICE_RESET arg=3"))
        .containsExactly("OK ret=0", "OK ret=1", "OK ret=1", "OK ret=0", "OK", "OK ret=1");
  }

  @Test
  void anInfoIsShownWithItsChain() {
    client.answer((command, argument) -> answerIommuInfo(argument));
    play("open-container c0");

    assertThat(play("ioctl c0 IOMMU_GET_INFO argsz=120"))
        .isEqualTo(
            "OK flags=0x3 iova_pgsizes=0x40201000 cap_offset=24"
                + " cap{off=24 id=2 ver=1 next=56 flags=0x0 pgsize_bitmap=0x1000"
                + " max_dirty_bitmap_size=0x10000000}"
                + " cap{off=56 id=3 ver=1 next=72 avail=65535}"
                + " cap{off=72 id=1 ver=1 next=0 nr_iovas=2 [0x0-0xfedfffff]"
                + " [0xfef00000-0xffffffffffff]}");
    assertThat(play("ioctl c0 IOMMU_GET_INFO argsz=24 flags=0xffffffff"))
        .isEqualTo("OK argsz=120 flags=0x3 iova_pgsizes=0x40201000 cap_offset=0");
  }

  private static long answerIommuInfo(MemorySegment argument) {
    CapabilityChain chain =
        new CapabilityChain()
            .add(
                2,
                1,
                32,
                s -> {
                  s.set(ValueLayout.JAVA_LONG_UNALIGNED, 16, 0x1000);
                  s.set(ValueLayout.JAVA_LONG_UNALIGNED, 24, 0x1000_0000);
                })
            .add(3, 1, 12, s -> s.set(ValueLayout.JAVA_INT_UNALIGNED, 8, 65535))
            .add(
                1,
                1,
                48,
                s -> {
                  s.set(ValueLayout.JAVA_INT_UNALIGNED, 8, 2);
                  new VfioIovaRange(0, 0xfedf_ffffL).encode(s, 16);
                  new VfioIovaRange(0xfef0_0000L, 0xffff_ffff_ffffL).encode(s, 32);
                });
    boolean fits = argument.byteSize() >= VfioIommuType1Info.SIZE + chain.byteSize();
    new VfioIommuType1Info(120, 3, 0x4020_1000, fits ? 24 : 0, 0).encode(argument);
    if (fits) {
      chain.copyInto(argument, VfioIommuType1Info.SIZE);
    }
    return 0;
  }

  @Test
  void aBufferHasExactlyTheBytesThatTheStepSays() {
    List<Long> sizes = new ArrayList<>();
    client.answer(
        (command, argument) -> {
          sizes.add(argument.byteSize());
          return 0;
        });
    playAll(
        "open-container c0",
        "ioctl c0 MAP_DMA",
        "ioctl c0 MAP_DMA argsz=31",
        "ioctl c0 MAP_DMA argsz=4096",
        "ioctl c0 MAP_DMA argsz=32 bufsz=24",
        "ioctl c0 MAP_DMA extra=8",
        "ioctl c0 DIRTY_PAGES flags=DIRTY_START",
        "ioctl c0 DIRTY_PAGES flags=DIRTY_GET iova=0 size=0x1000",
        "ioctl c0 UNMAP_DMA",
        "ioctl c0 UNMAP_DMA bm_size=8",
        "ioctl c0 SET_IRQS count=2 data=-1,-1",
        "ioctl c0 SET_IRQS bools=1,0,1",
        "ioctl c0 FEATURE n=0 flags=SET hex=00112233",
        "ioctl c0 RAW nr=0x3bff hex=0000",
        "ioctl c0 RAW nr=0x3bff hex=0000 bufsz=7");

    assertThat(sizes)
        .containsExactly(32L, 32L, 4096L, 24L, 40L, 8L, 48L, 24L, 48L, 28L, 23L, 12L, 2L, 7L);
  }

  @Test
  void argszIsTheSizeOfTheStructAndItsDataUnlessTheStepSaysOtherwise() {
    List<Long> argsz = new ArrayList<>();
    client.answer(
        (command, argument) -> {
          argsz.add(Args.argsz(argument));
          return 0;
        });
    playAll(
        "open-container c0",
        "ioctl c0 SET_IRQS count=2 data=-1,-1",
        "ioctl c0 MAP_DMA argsz=0",
        "ioctl c0 MAP_DMA argsz=4294967295",
        "ioctl c0 IOAS_MAP");

    assertThat(argsz).containsExactly(28L, 0L, 0xffff_ffffL, 40L);
  }

  @Test
  void ofAFailureOnlyWhatChangedIsShown() {
    client.answer(
        (command, argument) -> {
          Args.putU32(argument, VfioPciHotResetInfo.OFFSET_COUNT, 2);
          throw Errno.ENOSPC.because("two devices");
        });
    play("open-container d0");

    assertThat(play("ioctl d0 PCI_HOT_RESET_INFO argsz=12")).isEqualTo("ERR ENOSPC count=2");
    assertThat(play("ioctl d0 PCI_HOT_RESET_INFO argsz=20"))
        .isEqualTo("ERR ENOSPC count=2 [0000:00:00.0 group=match]");
    client.answer(
        (command, argument) -> {
          throw Errno.EINVAL.because("no");
        });
    assertThat(play("ioctl d0 PCI_HOT_RESET_INFO argsz=20")).isEqualTo("ERR EINVAL");
  }

  @Test
  void dependentDevicesAreNamedByTheirAliases() {
    client.answer(
        (command, argument) -> {
          new VfioPciHotResetInfo(20, 0, 1).encode(argument);
          argument.set(ValueLayout.JAVA_INT_UNALIGNED, 12, 2);
          argument.set(ValueLayout.JAVA_BYTE, 19, (byte) 0x20);
          return 0;
        });
    play("open-container d0");

    assertThat(play("ioctl d0 PCI_HOT_RESET_INFO argsz=256"))
        .isEqualTo("OK argsz=20 flags=0x0 count=1 [@edu group=match]");
  }

  @Test
  void dataOfAFeatureIsShownIfItWasAskedForOrChanged() {
    client.answer(
        (command, argument) -> {
          if (argument.byteSize() > 8) {
            argument.set(ValueLayout.JAVA_BYTE, 8, (byte) 7);
          }
          return 0;
        });
    play("open-container d0");

    assertThat(play("ioctl d0 FEATURE n=1 flags=GET argsz=16"))
        .isEqualTo("OK data=0700000000000000");
    assertThat(play("ioctl d0 FEATURE n=0 flags=SET hex=07112233")).isEqualTo("OK");
    assertThat(play("ioctl d0 FEATURE n=0 flags=PROBE|GET")).isEqualTo("OK");
  }

  @Test
  void aFieldCanBeSavedForLaterSteps() {
    client.answer(
        (command, argument) -> {
          new VfioRegionInfo(32, 7, 0, 0, 0x1000, 0x30).encode(argument);
          return 0;
        });
    client.registers[0x30] = 0x5a;

    assertThat(
            playAll(
                "open-container d0",
                "ioctl d0 GET_REGION_INFO save=at:offset",
                "rd8 d0 at+0",
                "let next at+1",
                "rd8 d0 next save=v"))
        .containsExactly(
            "OK",
            "OK flags=0x7 cap_offset=0 size=0x1000 offset=0x30",
            "OK value=0x5a",
            "OK",
            "OK value=0x00");
  }
}

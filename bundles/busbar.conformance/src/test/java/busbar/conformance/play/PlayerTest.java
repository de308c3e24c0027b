package busbar.conformance.play;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.mdev.MdevAdmin;
import busbar.conformance.scenario.MachineFacts;
import busbar.conformance.scenario.Scenario;
import busbar.conformance.scenario.Step;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioIovaRange;
import busbar.uapi.VfioPciHotResetInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The lines that are expected here are lines of recorded traces, where a trace has one. */
class PlayerTest {
  /** Held here, or a collected logger would forget that it is off. */
  private static final Logger QUIET = Logger.getLogger(Player.class.getName());

  static {
    QUIET.setLevel(Level.OFF);
  }

  private final ScriptedClient client = new ScriptedClient();
  private final FakeAdmin admin = new FakeAdmin();
  private final Player player = player(client, admin);

  private static Player player(ScriptedClient client, FakeAdmin admin) {
    MachineFacts facts =
        new MachineFacts("pc", "x86", Map.of("edu", "0000:00:04.0"), 2, Path.of("pc.json"));
    Bench bench =
        new Bench() {
          @Override
          public Vfio vfio() {
            return policy -> client;
          }

          @Override
          public VfioAdmin admin() {
            return admin.edge();
          }

          @Override
          public Optional<MdevAdmin> mdev() {
            return Optional.empty();
          }

          @Override
          public void close() {}
        };
    Scenario scenario = new Scenario("x", Path.of("x.scn"), List.of(), "", List.of());
    return new Player(scenario, facts, bench);
  }

  private String play(String step) {
    return player.play(Step.of(1, 1, step));
  }

  private List<String> playAll(String... steps) {
    List<String> results = new ArrayList<>();
    for (String step : steps) {
      results.add(play(step));
    }
    return results;
  }

  @Test
  void nodesAreOpenedUnderTheirPaths() {
    playAll(
        "open-container c0",
        "open-container c1 rdonly",
        "open-group g0 device=@edu",
        "open-group g1 device=@edu noiommu=1",
        "open-group g2 id=7 wronly");

    assertThat(client.opened)
        .containsExactly(
            "/dev/vfio/vfio READ_WRITE",
            "/dev/vfio/vfio READ_ONLY",
            "/dev/vfio/2 READ_WRITE",
            "/dev/vfio/noiommu-2 READ_WRITE",
            "/dev/vfio/7 WRITE_ONLY");
  }

  @Test
  void aHandleThatCouldNotBeMadeOrWasClosedIsABadDescriptor() {
    client.answer(
        (command, argument) -> {
          throw Errno.ENODEV.because("no such device");
        });
    assertThat(
            playAll(
                "open-container c0",
                "ioctl c0 GROUP_GET_DEVICE_FD d0 @edu",
                "ioctl d0 DEVICE_GET_INFO",
                "close c0",
                "close c0",
                "ioctl c0 GET_API_VERSION"))
        .containsExactly("OK", "ERR ENODEV", "ERR EBADF", "OK", "ERR EBADF", "ERR EBADF");
  }

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

  @Test
  void valuesHaveTheWidthOfTheirRegisterAndSayWhenTheyAreCutOff() {
    client.registers[254] = 1;

    assertThat(
            playAll(
                "open-container d0",
                "rd16 d0 254",
                "rd32 d0 254",
                "rd64 d0 0",
                "pread d0 254 8",
                "wr32 d0 4 0x11223344",
                "wr16 d0 4 -2"))
        .containsExactly(
            "OK",
            "OK value=0x0001",
            "OK n=2 value=0x00000001",
            "OK value=0x0000000000000000",
            "OK n=2 hex=0100",
            "OK",
            "OK");
    assertThat(client.writes).containsExactly("4=44332211", "4=feff");
  }

  @Test
  void eventsAreCountedUnlessTheirNumberDependsOnTiming() {
    assertThat(
            playAll(
                "eventfd e0",
                "eventfd-read e0 timeout=0",
                "eventfd-write e0",
                "eventfd-write e0 2",
                "eventfd-read e0",
                "eventfd-write e0 5",
                "eventfd-read e0 any"))
        .containsExactly("OK", "OK none", "OK", "OK", "OK count=3", "OK", "OK count=1");
  }

  @Test
  void memoryIsWhatItsKindSays() {
    assertThat(
            playAll(
                "mem m0 size=0x4000 kind=memfd fill=0x31",
                "mem m1 size=0x4000 kind=memfd-map of=m0",
                "mem-fill m1 4 0x55",
                "mem-read m0 6",
                "mem-check m0+4 0x3ffc 0x31",
                "fork mem-fill m0 1 0",
                "mem-read m1 1",
                "mem m2 fill=1",
                "fork mem-fill m2 1 0",
                "mem-read m2 1",
                "mrd32 m2+2"))
        .containsExactly(
            "OK",
            "OK",
            "OK",
            "OK hex=555555553131",
            "OK all-equal",
            "OK",
            "OK hex=00",
            "OK",
            "OK",
            "OK hex=01",
            "OK value=0x1010101");
  }

  @Test
  void accessesThatMemoryForbidsAreFaults() {
    assertThat(
            playAll(
                "mem ro size=0x1000 prot=r",
                "mrd32 ro",
                "mwr32 ro 1",
                "mprotect ro rw",
                "mwr64 ro+8 1",
                "munmap ro",
                "mrd8 ro",
                "mem-read BADPTR 4"))
        .containsExactly(
            "OK", "OK value=0x0", "ERR SIGSEGV", "OK", "OK", "OK", "ERR SIGSEGV", "ERR SIGSEGV");
  }

  @Test
  void hugePagesAreAsManyAsTheMachineHas() {
    assertThat(
            playAll(
                "mem h0 size=0x1000 kind=hugetlb",
                "mem h1 size=4M kind=hugetlb",
                "munmap h0",
                "mem h1 size=4M kind=memfd-huge",
                "mem h2 kind=hugetlb"))
        .containsExactly("OK", "ERR ENOMEM", "OK", "OK", "ERR ENOMEM");
  }

  @Test
  void aSpawnedStepRunsBesideTheOthers() {
    assertThat(
            playAll(
                "eventfd e0",
                "spawn t1 eventfd-read e0 timeout=5000",
                "join t1 timeout=20",
                "eventfd-write e0",
                "join t1"))
        .containsExactly("OK", "OK spawned", "OK still-running", "OK", "OK finished(OK count=1)");
  }

  @Test
  void aForkedStepHasItsOwnNames() {
    assertThat(playAll("fork open-container c9", "close c9"))
        .containsExactly("OK", "BAD nothing is called c9");
  }

  @Test
  void theEduDeviceIsProgrammedInItsOwnByteOrder() {
    play("open-container d0");

    assertThat(play("edu-dma d0 from-dev iova=0x1000 off=8 len=64 irq=1")).isEqualTo("OK");
    assertThat(client.writes)
        .containsExactly("80=08000400", "88=00100000", "90=40000000", "98=07000000");
    client.writes.clear();
    assertThat(play("edu-dma d0 to-dev iova=0x1000 len=64 be=1")).isEqualTo("OK");
    assertThat(client.writes)
        .containsExactly("80=00001000", "88=00040000", "90=00000040", "98=00000001");
  }

  @Test
  void loopsSayHowFarTheyCame() {
    List<Long> iovas = new ArrayList<>();
    client.answer(
        (command, argument) -> {
          long iova = argument.get(ValueLayout.JAVA_LONG_UNALIGNED, 16);
          if (command == VfioHeader.VFIO_IOMMU_MAP_DMA) {
            if (iovas.size() == 3) {
              throw Errno.ENOSPC.because("three are enough");
            }
            iovas.add(iova);
          }
          return 0;
        });
    playAll("open-container c0", "mem m0");

    assertThat(play("map-many c0 vaddr=m0 iova=0x1000 count=9 size=4096 stride=8192"))
        .isEqualTo("ERR ENOSPC done=3");
    assertThat(iovas).containsExactly(0x1000L, 0x3000L, 0x5000L);
    assertThat(play("unmap-many c0 iova=0 count=1000 size=4096 stride=8192"))
        .isEqualTo("OK done=1000 bytes=0x3e8000");
  }

  @Test
  void rightsAndLimitsAreThoseOfTheProcess() {
    assertThat(playAll("drop-cap IPC_LOCK", "rlimit memlock=0x10000", "vmlck"))
        .containsExactly("OK", "OK", "OK VmLck=0kB VmPin=0kB");
    assertThat(client.capabilities())
        .doesNotContain(Capability.IPC_LOCK)
        .contains(Capability.SYS_RAWIO);
    assertThat(client.memory().lockedLimitBytes()).isEqualTo(0x10000);
    play("drop-cap ALL");
    assertThat(client.capabilities()).isEmpty();
  }

  @Test
  void bindingOverridesFirst() {
    assertThat(playAll("driver @edu", "bind @edu pci-stub", "group-devices @edu"))
        .containsExactly("OK vfio-pci", "OK", "OK @edu");
    assertThat(admin.told())
        .containsExactly("override 0000:00:04.0 pci-stub", "bind 0000:00:04.0 pci-stub");
  }

  @Test
  void badStepsSayWhatIsWrongWithThem() {
    assertThat(
            playAll(
                "dance c0",
                "close",
                "close c0",
                "mrd32 nowhere+4",
                "mem m0 kind=paper",
                "spawn t1",
                "driver @nobody",
                "ioctl 3 NOTHING"))
        .containsExactly(
            "BAD there is no step dance",
            "BAD the step names no handle",
            "BAD nothing is called c0",
            "[bad-expr:nowhere]",
            "BAD there is no memory of the kind paper",
            "BAD spawn names no step",
            "BAD machine pc has no @nobody",
            "BAD there is no ioctl NOTHING");
  }

  @Property(tries = 500)
  void whateverAStepSaysItHasAResult(@ForAll("steps") String step) {
    try (Player fresh = player(new ScriptedClient(), new FakeAdmin())) {
      fresh.play(Step.of(1, 1, "open-container c0"));
      fresh.play(Step.of(2, 2, "mem m0 size=0x4000"));

      String result = fresh.play(Step.of(3, 3, step));

      assertThat(result).isNotEmpty().doesNotStartWith("BROKEN");
    }
  }

  @Provide
  Arbitrary<String> steps() {
    Arbitrary<String> verb =
        Arbitraries.of(
            "open-container",
            "open-group",
            "open",
            "close",
            "dup",
            "pread",
            "pwrite",
            "rd32",
            "wr64",
            "read",
            "lseek",
            "poll",
            "mem",
            "munmap",
            "mprotect",
            "mem-read",
            "mem-fill",
            "mem-check",
            "mrd64",
            "mwr16",
            "mmap",
            "eventfd",
            "eventfd-write",
            "rlimit",
            "drop-cap",
            "bind",
            "driver",
            "group-devices",
            "vmlck",
            "spawn t",
            "fork",
            "let",
            "map-many",
            "ioctl c0 MAP_DMA",
            "ioctl c0 SET_IRQS",
            "ioctl c0 IOMMU_GET_INFO",
            "ioctl c0 RAW",
            "ioctl c0 FEATURE",
            "ioctl c0 PCI_HOT_RESET_INFO",
            "ioctl c0 GROUP_GET_DEVICE_FD",
            "ioctl c0 SET_IOMMU",
            "ioctl",
            "kernel-param",
            "exists");
    Arbitrary<String> word =
        Arbitraries.of(
            "c0",
            "m0",
            "m0+0x1000",
            "-1",
            "0",
            "3",
            "U64MAX",
            "0x8000000000000000",
            "@edu",
            "@x",
            "argsz=0",
            "argsz=U64MAX",
            "bufsz=3",
            "bufsz=-1",
            "extra=-5",
            "size=-1",
            "size=0",
            "count=3",
            "count=-1",
            "iova=0",
            "vaddr=m0",
            "flags=READ|",
            "data=e0",
            "data=,",
            "hex=0",
            "hex=00ff",
            "bools=x",
            "fill=1",
            "save=x",
            "save=a:b",
            "nr=0x3b71",
            "align=3",
            "prot=q",
            "kind=file",
            "of=m0",
            "\"\"",
            "=",
            "rw",
            "memlock=-1",
            "len=9999999999",
            "ALL",
            "a.b");
    return verb.flatMap(
        v -> word.list().ofMaxSize(5).map(words -> (v + " " + String.join(" ", words)).strip()));
  }
}

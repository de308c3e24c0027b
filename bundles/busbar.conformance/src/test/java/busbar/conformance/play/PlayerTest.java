package busbar.conformance.play;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.conformance.scenario.Step;
import busbar.uapi.VfioHeader;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The lines that are expected here are lines of recorded traces, where a trace has one. */
class PlayerTest extends PlayerFixture {
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

  @Property(seed = "20261122", tries = 500)
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

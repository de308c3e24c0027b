package busbar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.HostDriver;
import busbar.api.bus.HostDriver.DmaUse;
import busbar.api.iommu.ReservedRegion;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineDescriptionTest {
  private static final String CONFIG = "00".repeat(0x0e) + "00" + "00".repeat(256 - 0x0f);
  private static final String BRIDGE = "00".repeat(0x0e) + "01" + "00".repeat(256 - 0x0f);

  /** A machine with two functions, one below a bridge, and a window that a test may replace. */
  private static String machine(String pci, String rest) {
    return """
    {
      "name": "small",
      "arch": "x86_64",
      "iommu": {"kind": "vt-d", "addressBits": 48},
      "pci": [%s]%s
    }
    """
        .formatted(pci, rest.isEmpty() ? "" : ",\n  " + rest);
  }

  private static String function(String address, String more) {
    return "{\"address\": \"%s\", \"model\": \"edu\", \"config\": \"%s\"%s}"
        .formatted(address, CONFIG, more.isEmpty() ? "" : ", " + more);
  }

  private static String bar(String start, String end) {
    return "\"resources\": [{\"index\": 0, \"start\": \"%s\", \"end\": \"%s\", \"flags\": \"0x200\"}]"
        .formatted(start, end);
  }

  private static String group(int id, String... devices) {
    return "{\"id\": %d, \"type\": \"DMA\", \"reserved\": [], \"devices\": [%s]}"
        .formatted(id, String.join(", ", Stream.of(devices).map(d -> '"' + d + '"').toList()));
  }

  static Stream<Arguments> wrongDescriptions() {
    String one = function("0000:00:01.0", "");
    return Stream.of(
        wrong("", "/ (line 1", "empty"),
        wrong("{\"name\": \"x\",", "line 1", "not JSON"),
        wrong("[]", "/ (line 1, column 1)", "an object belongs here, not a list"),
        wrong("{}", "/ (line 1", "'name' is missing"),
        wrong("{\"name\": 7}", "/name (line 1, column 10)", "a string belongs here, not a number"),
        wrong("{\"name\": \"x\", \"name\": \"y\"}", "/name", "the key 'name' stands here twice"),
        wrong("{\"name\": \"x\", \"arch\": \"vax\"}", "/arch", "'vax' is none of"),
        wrong("{\"name\": \"x\", \"arch\": \"x86_64\"} true", "/ (line 1", "something follows"),
        wrong(
            machine("", "\"pageSize\": 5000"),
            "/pageSize (line 6, column 15)",
            "5000 is not a power of two"),
        wrong(
            machine("", "").replace("vt-d", "amd-vi"),
            "/iommu/kind",
            "'amd-vi' is no kind of IOMMU"),
        wrong(
            machine("", "").replace("48", "99"),
            "/iommu/addressBits",
            "99 is not between 32 and 57"),
        wrong(
            machine(one.replace(CONFIG, "0g"), ""),
            "/pci/0/config",
            "no string of hexadecimal bytes"),
        wrong(
            machine(one.replace(CONFIG, "00"), ""),
            "/pci/0/config",
            "has 256 or 4096 bytes, this has 1"),
        wrong(
            machine(function("0000:00:99.0", ""), ""),
            "/pci/0/address",
            "'0000:00:99.0' is no PCI address"),
        wrong(
            machine(one + ",\n" + one, ""),
            "/pci/1 (line 6, column 1)",
            "0000:00:01.0 stands here twice, first in line 5"),
        wrong(
            machine(function("0000:00:01.0", "\"vendor\": \"0x8086\""), ""),
            "/pci/0/vendor",
            "vendor is 0x8086 here and 0x0 in the configuration space"),
        wrong(
            machine(function("0000:00:01.0", bar("0x1000", "0x3fff")), ""),
            "/pci/0/resources/0",
            "BAR 0 of 0000:00:01.0 has 0x3000 bytes at 0x1000: a size must be a power of two"),
        wrong(
            machine(function("0000:00:01.0", bar("0x1800", "0x27ff")), ""),
            "/pci/0/resources/0",
            "the start a multiple of it"),
        wrong(
            machine(function("0000:00:01.0", bar("0x2000", "0x1fff")), ""),
            "/pci/0/resources/0/end",
            "0x1fff is not between 0x2000"),
        wrong(
            machine(
                function("0000:00:01.0", bar("0x10000", "0x1ffff"))
                    + ","
                    + function("0000:00:02.0", bar("0x18000", "0x18fff")),
                ""),
            "/pci/1/resources/0",
            "the addresses 0x18000-0x18fff of 0000:00:02.0 overlap those of 0000:00:01.0"),
        wrong(
            machine(
                function("0000:00:01.0", bar("0x1000", "0x1fff")).replace("\"0x200\"", "\"0x0\""),
                ""),
            "/pci/0/resources/0/flags",
            "0x0 says neither memory nor ports"),
        wrong(
            machine(function("0000:01:00.0", "\"parent\": \"0000:00:01.0\""), ""),
            "/pci/0/parent",
            "there is no bridge 0000:00:01.0"),
        wrong(
            machine(one + "," + function("0000:01:00.0", "\"parent\": \"0000:00:01.0\""), ""),
            "/pci/1/parent",
            "0000:00:01.0 is no bridge"),
        wrong(
            machine(function("0000:00:01.0", "\"resetMethods\": [\"hammer\"]"), ""),
            "/pci/0/resetMethods/0",
            "'hammer' is no way to reset a function"),
        wrong(
            machine(function("0000:00:01.0", "\"hostDriver\": \"ghost\""), ""),
            "/pci/0/hostDriver",
            "there is no host driver 'ghost'"),
        wrong(
            machine(function("0000:00:01.0", "\"irq\": -1"), ""),
            "/pci/0/irq",
            "-1 is not between 0 and 4095"),
        wrong(
            machine(function("0000:00:01.0", "\"iommuGroup\": 3"), ""),
            "/pci/0",
            "0000:00:01.0 names group 3, which does not list it"),
        wrong(
            machine(one, "\"groups\": [" + group(0, "0000:00:07.0") + "]"),
            "/groups/0/devices/0",
            "group 0 has an unknown member, 0000:00:07.0"),
        wrong(
            machine(one, "\"groups\": [" + group(0, "0000:00:01.0") + "]"),
            "/groups/0/devices/0",
            "names none itself"),
        wrong(
            machine(
                function("0000:00:01.0", "\"iommuGroup\": 0"),
                "\"groups\": [" + group(0, "0000:00:01.0") + "," + group(1, "0000:00:01.0") + "]"),
            "/groups/1/devices/0",
            "0000:00:01.0 is in two groups, 0 and 1"),
        wrong(
            machine("", "\"groups\": [" + group(0) + "," + group(0) + "]"),
            "/groups/1",
            "group 0 stands here twice"),
        wrong(
            machine("", "\"groups\": [" + group(0) + "]")
                .replace(
                    "\"reserved\": []",
                    "\"reserved\": [{\"start\": 0, \"end\": 1, \"type\": \"q\"}]"),
            "/groups/0/reserved/0/type",
            "'q' is no kind of reserved range"),
        wrong(
            machine(function("0000:00:01.0", "\"iommuGroup\": 0"), "")
                .replace("{\"kind\": \"vt-d\", \"addressBits\": 48}", "{\"kind\": \"none\"}"),
            "/pci/0",
            "is in group 0, but the machine has no IOMMU"),
        wrong(
            machine("", "\"mdev\": [{\"uuid\": \"1\", \"parent\": \"mtty\", \"type\": \"a\"}]"),
            "/mdev/0/uuid",
            "'1' is no UUID"),
        wrong(
            machine("", "\"hostDrivers\": {\"x\": {\"ids\": [\"8086\"]}}"),
            "/hostDrivers/x/ids/0",
            "'8086' is not vendor:device"),
        wrong(
            machine(
                "",
                "\"platform\": [{\"name\": \"a\", \"interrupts\": [{\"number\": 1,"
                    + " \"trigger\": \"loud\"}]}]"),
            "/platform/0/interrupts/0/trigger",
            "'loud' is none of"),
        wrong(
            machine(
                function("0000:00:01.0", bar("0x1000", "0x1fff")),
                "\"platform\": [{\"name\": \"a\", \"reg\": [{\"start\": \"0x1ff0\", \"size\":"
                    + " 32}]}]"),
            "/platform/0/reg/0",
            "overlap those of 0000:00:01.0"),
        wrong(machine("", "\"parameters\": {\"a.b\": []}"), "/parameters/a.b", "cannot be a list"),
        wrong(
            machine(
                function(
                    "0000:00:01.0", "\"virtualFunctions\": [" + function("0000:00:01.1", "") + "]"),
                ""),
            "/pci/0/virtualFunctions/0",
            "more than the sriovTotalVfs of 0"));
  }

  private static Arguments wrong(String json, String place, String reason) {
    return Arguments.of(json, place, reason);
  }

  @ParameterizedTest(name = "{1}: {2}")
  @MethodSource("wrongDescriptions")
  void isRefusedWithFilePlaceAndReason(String json, String place, String reason) {
    VfioException refused =
        assertThrows(VfioException.class, () -> MachineDescription.read("wrong.json", json));
    assertEquals(Errno.EINVAL, refused.errno());
    String said = refused.because();
    assertTrue(said.startsWith("wrong.json: "), said);
    assertTrue(said.contains(place), said);
    assertTrue(said.contains(reason), said);
    assertTrue(said.matches("(?s).*\\(line \\d+, column \\d+\\).*"), said);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    VfioException refused =
        assertThrows(
            VfioException.class, () -> MachineDescription.read(Path.of("no-such-machine.json")));
    assertEquals(Errno.ENOENT, refused.errno());
    assertTrue(refused.because().contains("no-such-machine.json"));
  }

  @Test
  void unknownKeysAreToldAndIgnored() {
    MachineDescription read =
        MachineDescription.read("odd.json", machine("", "\"colour\": \"green\""));
    assertEquals(1, read.warnings().size());
    assertTrue(read.warnings().getFirst().contains("a machine has no key 'colour'"));
  }

  @Test
  void unknownKeysOfADeviceAreItsModelsProperties() {
    MachineDescription read =
        MachineDescription.read(
            "small.json",
            machine(function("0000:00:01.0", "\"vectors\": 3, \"tags\": [\"a\", true]"), ""));
    assertEquals(3L, read.pci().getFirst().properties().get("vectors"));
    assertEquals(List.of("a", true), read.pci().getFirst().properties().get("tags"));
    assertEquals(List.of(), read.warnings());
  }

  @Test
  void functionsAreSortedAndBridgesFoundWhereverTheyStand() {
    MachineDescription read =
        MachineDescription.read(
            "small.json",
            machine(
                function("0000:01:00.0", "\"parent\": \"0000:00:01.0\"")
                    + ","
                    + function("0000:00:01.0", "").replace(CONFIG, BRIDGE),
                ""));
    assertEquals("0000:00:01.0", read.pci().getFirst().address().toString());
    Rig rig = new Rig(read);
    assertEquals("0000:00:01.0", rig.device("0000:01:00.0").parentBridge().orElseThrow().name());
  }

  @Test
  void theEmbeddedPcSaysHowItsHostWasSetUp() {
    try (Rig rig = new Rig()) {
      assertEquals("pc", rig.machine.hostSetup().machine());
      assertEquals("Y", rig.machine.hostSetup().parameters().get("vfio_pci.enable_sriov"));
      assertEquals("16", rig.machine.hostSetup().parameters().get("hugepages2M"));
      assertEquals(4, rig.machine.hostSetup().mediatedDevices().size());
      assertEquals("mtty-2", rig.machine.hostSetup().mediatedDevices().get(1).type());
      assertEquals(
          List.of(new ReservedRegion(0xfee00000L, 0xfeefffffL, ReservedRegion.Kind.MSI)),
          rig.machine.iommus().getFirst().groups().get(2).reserved());
    }
  }

  @Test
  void hostDriversTakeWhatTheirRulesSay() {
    try (Rig rig = new Rig()) {
      HostDriver virtio = driver(rig, "virtio-pci");
      HostDriver ports = driver(rig, "pcieport");
      assertEquals(DmaUse.OWNS, virtio.dmaUse());
      assertEquals(DmaUse.MANAGES_ITSELF, ports.dmaUse());
      assertTrue(virtio.matches(rig.device("0000:01:00.1")));
      assertTrue(ports.matches(rig.device("0000:00:08.0")));
      assertTrue(ports.bindsAtStart(rig.device("0000:00:08.0")));
      assertEquals(false, ports.matches(rig.device("0000:02:00.0")), "no port of PCI Express");
      assertEquals(
          false, virtio.bindsAtStart(rig.device("0000:01:00.1")), "it has an override of its own");
    }
  }

  private static HostDriver driver(Rig rig, String name) {
    return rig.machine.hostDrivers().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The machines that recordings were made on: PC, POWER, Arm. */
  @ParameterizedTest
  @ValueSource(strings = {"pc", "pc-nointremap", "pc-noiommu", "pseries", "powernv", "virt"})
  void everyRecordedMachineIsReadWithoutWarningAndStarts(String name) {
    Path file = Path.of("../../integration-tests/conformance/machines", name + ".json");
    MachineDescription read = MachineDescription.read(file);
    assertEquals(name, read.name());
    assertEquals(List.of(), read.warnings());
    try (Rig rig = new Rig(read)) {
      assertEquals(read.pci().size(), rig.machine.buses().getFirst().devices().size());
      assertEquals(name.equals("pc-noiommu") ? 0 : 1, rig.machine.iommus().size());
    }
  }

  @Test
  void generatedMachinesHaveAsManyDevicesAsAskedOverSeveralDomains() {
    MachineDescription big = MachineGenerator.ofEdu().describe(10_000);
    assertEquals(10_000, big.pci().size());
    assertEquals(1, big.pci().getLast().address().domain());
    try (Rig rig = new Rig(MachineGenerator.ofEdu().describe(100), new Rig.Factory("edu"))) {
      assertEquals(100, rig.machine.buses().getFirst().devices().size());
      assertEquals(100, rig.machine.iommus().getFirst().groups().size());
      rig.device("0000:03:03.0").bar(0).store(0, 4, 1);
      assertEquals(1, rig.device("0000:03:03.0").bar(0).load(0, 4));
      assertEquals(0, rig.device("0000:03:02.0").bar(0).load(0, 4));
    }
  }
}

package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The recorded scenarios, played as {@code ./busbar conform} plays them. */
class PlainConformanceIT {
  private static final Path RECORDINGS =
      LaunchedProcess.HOME.resolve("integration-tests/conformance");

  /** Device nodes and iommufd are not offered. */
  private static final Pattern NOT_OFFERED = Pattern.compile(".*(cdev|iommufd).*");

  @TempDir Path folder;

  @TestFactory
  List<DynamicTest> everyStepIsAnsweredAsTheRecordedKernelAnsweredIt() throws Exception {
    Path json = folder.resolve("result.json");
    LaunchedProcess process = conform(RECORDINGS.toString(), "--json", json.toString());
    Map<String, Object> result = JSON.std.mapFrom(json.toFile());
    List<DynamicTest> tests = new ArrayList<>();
    for (Object entry : (List<?>) result.get("scenarios")) {
      Map<?, ?> scenario = (Map<?, ?>) entry;
      String name = scenario.get("name").toString();
      if (!NOT_OFFERED.matcher(name).matches()) {
        tests.add(
            DynamicTest.dynamicTest(scenario.get("machine") + " " + name, () -> check(scenario)));
      }
    }
    assertThat(tests).as(process.output() + process.error()).hasSizeGreaterThan(100);
    return tests;
  }

  private static void check(Map<?, ?> scenario) {
    assertThat(scenario.get("firstDifference")).as("the first step that differs").isNull();
    assertThat(scenario.get("equal")).isEqualTo(scenario.get("total"));
  }

  @Test
  void aDifferenceIsShownAndIsNoSuccess() throws Exception {
    Path scenario =
        write("pc/scenarios/010-x.scn", "open-container c0\nioctl c0 GET_API_VERSION\n");
    write(
        "pc/traces/1.0/010-x.trace",
        "001 open-container c0 => OK\n" + "002 ioctl c0 GET_API_VERSION => OK ret=7\n");
    Path machines = Files.createDirectories(folder.resolve("machines"));
    Files.copy(RECORDINGS.resolve("machines/pc.json"), machines.resolve("pc.json"));

    LaunchedProcess process = conform(scenario.toString(), "--diff");

    assertThat(process.status()).isEqualTo(1);
    assertThat(process.output())
        .contains("1/2", "expected  OK ret=7", "got       OK ret=0", "1 of 2 steps equal");
  }

  @Test
  void aVendorsDriverIsInstalledByPath() throws Exception {
    Path scenario = write("virt/scenarios/500-x.scn", "exists /sys/bus/platform/drivers/null\n");
    write("virt/traces/1.0/500-x.trace", "001 exists /sys/bus/platform/drivers/null => OK yes\n");
    Path machines = Files.createDirectories(folder.resolve("machines"));
    Files.copy(RECORDINGS.resolve("machines/virt.json"), machines.resolve("virt.json"));
    String driver = Bundles.file("busbar.example.nulldriver").toString();

    assertThat(conform(scenario.toString()).status()).isEqualTo(1);
    assertThat(conform(scenario.toString(), "--driver", driver).status()).isZero();
  }

  @Test
  void wrongUsageIsExplained() throws Exception {
    assertThat(conform().status()).isEqualTo(2);
    LaunchedProcess nowhere = conform(folder.resolve("nowhere").toString());
    assertThat(nowhere.status()).isEqualTo(2);
    assertThat(nowhere.error()).contains("nowhere does not exist");
  }

  private Path write(String path, String text) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static LaunchedProcess conform(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("conform", "--feature", "conformance"));
    all.addAll(List.of(arguments));
    return LaunchedProcess.of(all.toArray(String[]::new));
  }
}

package busbar.conformance.run;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.mdev.MdevAdmin;
import busbar.conformance.play.Bench;
import busbar.conformance.play.BenchFactory;
import busbar.conformance.play.FakeAdmin;
import busbar.conformance.play.ScriptedClient;
import busbar.conformance.report.Exceptions;
import busbar.conformance.report.Report;
import busbar.conformance.report.ScenarioResult;
import busbar.conformance.report.ScenarioResult.Difference;
import busbar.conformance.report.Theme;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunnerTest {
  /** Held here, or collected loggers would forget that they are off. */
  private static final Logger QUIET = Logger.getLogger("busbar.conformance");

  static {
    QUIET.setLevel(Level.OFF);
  }

  @TempDir Path root;

  private final ScriptedClient client = new ScriptedClient();
  private int closed;

  @Test
  void everyStepIsComparedWithItsLine() throws Exception {
    ScenarioResult result =
        play(
            "sleep 1\nlet x 1\nrlimit memlock=1\n",
            "001 sleep 1 => OK\n002 let x 1 => ERR EIO\n003 rlimit memlock=1 => OK\n");

    assertThat(result.equal()).isEqualTo(2);
    assertThat(result.total()).isEqualTo(3);
    assertThat(result.allEqual()).isFalse();
    assertThat(result.theme()).isEqualTo(Theme.MAP);
    assertThat(result.first()).contains(new Difference(2, "let x 1", "ERR EIO", "OK"));
    assertThat(client.isClosed()).isTrue();
    assertThat(closed).isEqualTo(1);
  }

  @Test
  void troubleOfTheRecordingKernelIsNoStepAndEndsThePlay() throws Exception {
    ScenarioResult result = play("sleep 1\nlet x 1\n", "001 sleep 1 => OK\n!! SIGNAL 11\n");

    assertThat(result.allEqual()).isTrue();
    assertThat(result.total()).isEqualTo(1);
  }

  @Test
  void aStepOfTheTraceThatTheScenarioDoesNotHaveDiffers() throws Exception {
    ScenarioResult result = play("sleep 1\n", "001 sleep 1 => OK\n002 sleep 2 => OK\n");

    assertThat(result.equal()).isEqualTo(1);
    assertThat(result.first().orElseThrow().actual()).isEqualTo("the scenario has no such step");
  }

  @Test
  void aScenarioThatCannotBePlayedCountsWithAllItsSteps() throws Exception {
    ScenarioResult result =
        play("# requires: cdev\nsleep 1\nsleep 1\n", "001 sleep 1 => OK\n002 sleep 1 => OK\n");

    assertThat(result.equal()).isZero();
    assertThat(result.total()).isEqualTo(2);
    assertThat(result.first().orElseThrow().actual()).contains("the machine has no cdev");
  }

  @Test
  void aMachineThatDoesNotComeUpIsAResult() throws Exception {
    Case c = write("sleep 1\n", "001 sleep 1 => OK\n");
    BenchFactory broken =
        description -> {
          throw new IOException("no power");
        };

    ScenarioResult result = new Runner(broken, exceptions(""), 1000).play(c);

    assertThat(result.total()).isEqualTo(1);
    assertThat(result.first().orElseThrow().actual()).contains("no power");
  }

  @Test
  void aScenarioWithoutItsMachineCountsAsUnequal() throws Exception {
    Case c = write("sleep 1\n", "001 sleep 1 => OK\n");
    Files.delete(c.description());

    ScenarioResult result = new Runner(this::boot, exceptions(""), 1000).play(c);

    assertThat(result.equal()).isZero();
    assertThat(result.first().orElseThrow().actual()).contains("pc.json");
  }

  @Test
  void aStepThatDoesNotComeBackEndsTheScenario() throws Exception {
    client.answer(
        (command, argument) -> {
          waitForever();
          return 0;
        });
    ScenarioResult result =
        play(
            "open-container c0\nioctl c0 GET_API_VERSION\nsleep 1\n",
            "001 open-container c0 => OK\n002 ioctl c0 GET_API_VERSION => OK ret=0\n003 sleep 1 =>"
                + " OK\n");

    assertThat(result.equal()).isEqualTo(1);
    assertThat(result.total()).isEqualTo(3);
    assertThat(result.first().orElseThrow().actual()).isEqualTo("!! STUCK");
  }

  @Test
  void stepsThatCannotBeEqualAreCountedApart() throws Exception {
    Case c = write("sleep 1\nlet x 1\n", "001 sleep 1 => OK\n002 let x 1 => ERR EIO\n");

    ScenarioResult result =
        new Runner(this::boot, exceptions("# why\npc/041-x 2 no Java program can\n"), 1000).play(c);

    assertThat(result.excepted()).isEqualTo(1);
    assertThat(result.total()).isEqualTo(1);
    assertThat(result.allEqual()).isTrue();
  }

  @Test
  void theReportIsPrintedAndWritten() throws Exception {
    ScenarioResult result = play("sleep 1\nlet x 1\n", "001 sleep 1 => OK\n002 let x 1 => OK 2\n");
    Report report = new Report(List.of(result));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Path json = root.resolve("report.json");

    PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
    Report.print(result, out, Report.Detail.FIRST_DIFFERENCES);
    report.printSums(out);
    report.writeJson(json);

    assertThat(text.toString(StandardCharsets.UTF_8))
        .contains("041-x", "1/2", "step 002  let x 1", "expected  OK 2", "got       OK")
        .contains("type1 map", "1 of 2 steps equal");
    assertThat(Files.readString(json).replaceAll("\\s", ""))
        .isEqualTo(
            "{\"equal\":1,\"total\":2,\"scenarios\":[{\"machine\":\"pc\",\"name\":\"041-x\","
                + "\"equal\":1,\"total\":2,\"firstDifference\":"
                + "{\"step\":2,\"expected\":\"OK2\",\"actual\":\"OK\"}}]}");
  }

  @Test
  void withoutADifferenceTheJsonHasNone() throws Exception {
    Path json = root.resolve("report.json");
    new Report(List.of(play("sleep 1\n", "001 sleep 1 => OK\n"))).writeJson(json);

    assertThat(Files.readString(json).replaceAll("\\s", "")).contains("\"firstDifference\":null");
    assertThat(new Report(List.of()).allEqual()).isFalse();
  }

  @Test
  void theShippedListOfExceptionsIsWellFormed() {
    assertThat(Exceptions.load().reason("pc", "010-container-basic", 1)).isEmpty();
  }

  private ScenarioResult play(String scenario, String trace) throws IOException {
    return new Runner(this::boot, exceptions(""), 300).play(write(scenario, trace));
  }

  private static Exceptions exceptions(String text) throws IOException {
    return Exceptions.parse(new java.io.BufferedReader(new StringReader(text)));
  }

  private Case write(String scenario, String trace) throws IOException {
    Files.createDirectories(root.resolve("machines"));
    Files.createDirectories(root.resolve("pc/scenarios"));
    Files.createDirectories(root.resolve("pc/traces/7.3.4"));
    Files.writeString(root.resolve("machines/pc.json"), "{\"name\": \"pc\", \"arch\": \"x86_64\"}");
    Files.writeString(root.resolve("pc/scenarios/041-x.scn"), scenario);
    Files.writeString(root.resolve("pc/traces/7.3.4/041-x.trace"), trace);
    return new CaseFinder(Optional.empty(), note -> {}).find(root).getFirst();
  }

  private Bench boot(Path description) {
    return new Bench() {
      @Override
      public Vfio vfio() {
        return policy -> client;
      }

      @Override
      public VfioAdmin admin() {
        return new FakeAdmin().edge();
      }

      @Override
      public Optional<MdevAdmin> mdev() {
        return Optional.empty();
      }

      @Override
      public void close() {
        closed++;
      }
    };
  }

  private static void waitForever() {
    synchronized (RunnerTest.class) {
      while (true) {
        try {
          RunnerTest.class.wait();
        } catch (InterruptedException e) {
          // a driver that does not listen
        }
      }
    }
  }
}

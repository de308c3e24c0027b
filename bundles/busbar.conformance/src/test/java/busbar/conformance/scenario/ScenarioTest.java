package busbar.conformance.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioTest {
  @TempDir Path folder;

  @Test
  void commentsTellWhatItNeedsAndWhatItIsAbout() throws IOException {
    Scenario scenario =
        read(
            "041-map-flags.scn",
            "# requires: x86 @edu\n# what flags do\n\nopen-container c0\n# end\n");

    assertThat(scenario.name()).isEqualTo("041-map-flags");
    assertThat(scenario.number()).isEqualTo(41);
    assertThat(scenario.requires()).containsExactly("x86", "@edu");
    assertThat(scenario.about()).isEqualTo("what flags do");
  }

  @Test
  void stepsAreNumberedWithoutCommentsAndKnowTheirLine() throws IOException {
    Scenario scenario = read("x.scn", "# about\n\n  close c0  \n# no step\nsleep 5\n");

    assertThat(scenario.steps())
        .containsExactly(
            new Step(1, 3, "close c0", List.of("close", "c0")),
            new Step(2, 5, "sleep 5", List.of("sleep", "5")));
    assertThat(scenario.requires()).isEmpty();
    assertThat(scenario.number()).isEqualTo(-1);
  }

  @Test
  void theStepWithinAStepKeepsItsText() {
    Step spawn = Step.of(8, 9, "spawn t1   unbind  @edu");

    assertThat(spawn.after(2).text()).isEqualTo("unbind  @edu");
    assertThat(spawn.after(2).verb()).isEqualTo("unbind");
  }

  @Test
  void aTraceHasOneLineForEachStep() throws IOException {
    Path file = folder.resolve("x.trace");
    Files.writeString(file, "001 close c0 => OK\n002 ioctl g0 => ERR EIO a=1\n!! SIGNAL 11\n");

    Trace trace = Trace.read("7.3.4", file);

    assertThat(trace.lines())
        .containsExactly(
            new Trace.Line(1, "001 close c0 => OK", "OK"),
            new Trace.Line(2, "002 ioctl g0 => ERR EIO a=1", "ERR EIO a=1"),
            new Trace.Line(0, "!! SIGNAL 11", "!! SIGNAL 11"));
    assertThat(Trace.line(Step.of(1, 1, "close c0"), "OK")).isEqualTo(trace.lines().get(0).text());
  }

  @Test
  void aLineThatIsNoTraceIsRefusedWithItsPlace() throws IOException {
    Path file = folder.resolve("x.trace");
    Files.writeString(file, "001 close c0 => OK\nclose c0\n");

    assertThatThrownBy(() -> Trace.read("7.3.4", file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("x.trace:2")
        .hasMessageContaining("close c0");
  }

  @Test
  void aMachineTellsTheNamesOfItsDevices() throws IOException {
    Path file = folder.resolve("m.json");
    Files.writeString(
        file,
        """
        {"name": "m", "arch": "ppc64le", "parameters": {"hugepages2M": 4},
         "aliases": {"edu": {"device": "0000:00:04.0", "driver": null}}}
        """);

    MachineFacts facts = MachineFacts.read(file);

    assertThat(facts.arch()).isEqualTo("ppc");
    assertThat(facts.hugePages()).isEqualTo(4);
    assertThat(facts.alias("0000:00:04.0")).isEqualTo("@edu");
    assertThat(facts.alias("0000:00:05.0")).isEqualTo("0000:00:05.0");
  }

  @Test
  void aFileThatIsNoMachineIsNamed() throws IOException {
    Path file = folder.resolve("m.json");
    Files.writeString(file, "{");

    assertThatThrownBy(() -> MachineFacts.read(file)).hasMessageContaining("m.json");
  }

  private Scenario read(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    return Scenario.read(file);
  }
}

package busbar.conformance.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaseFinderTest {
  @TempDir Path root;

  private final List<String> notes = new ArrayList<>();

  @BeforeEach
  void twoMachines() throws IOException {
    write("machines/pc.json", "{}");
    write("machines/virt.json", "{}");
    write("pc/scenarios/010-a.scn", "sleep 1\n");
    write("pc/scenarios/020-b.scn", "sleep 1\n");
    write("pc/traces/7.3.4/010-a.trace", "001 sleep 1 => OK\n");
    write("pc/traces/7.10.1/010-a.trace", "001 sleep 1 => OK\n");
    write("pc/traces/7.3.4/020-b.trace", "001 sleep 1 => OK\n");
    write("virt/scenarios/500-c.scn", "sleep 1\n");
    write("virt/traces/7.3.4/500-c.trace", "001 sleep 1 => OK\n");
  }

  @Test
  void aFolderHoldsTheScenariosOfAllItsMachines() throws IOException {
    assertThat(names(find(Optional.empty(), root)))
        .containsExactly("pc/010-a@7.10.1", "pc/020-b@7.3.4", "virt/500-c@7.3.4");
  }

  @Test
  void theFolderOfOneMachineAndOneScenarioAreFoundToo() throws IOException {
    assertThat(names(find(Optional.empty(), root.resolve("virt"))))
        .containsExactly("virt/500-c@7.3.4");
    assertThat(names(find(Optional.empty(), root.resolve("pc/scenarios/020-b.scn"))))
        .containsExactly("pc/020-b@7.3.4");
    assertThat(names(find(Optional.empty(), root.resolve("pc/scenarios")))).hasSize(2);
  }

  @Test
  void onlyTheTracesOfTheKernelThatIsAskedForCount() throws IOException {
    assertThat(names(find(Optional.of("7.10.1"), root))).containsExactly("pc/010-a@7.10.1");
    assertThat(notes).hasSize(2).first().asString().contains("pc/020-b").contains("7.10.1");
  }

  @Test
  void whatIsMissingIsSaid() {
    assertThatThrownBy(() -> find(Optional.empty(), root.resolve("nowhere")))
        .hasMessageContaining("nowhere does not exist");
    assertThatThrownBy(() -> find(Optional.empty(), root.resolve("machines")))
        .hasMessageContaining("holds no scenarios");
  }

  private List<Case> find(Optional<String> kernel, Path path) throws IOException {
    return new CaseFinder(kernel, notes::add).find(path);
  }

  private static List<String> names(List<Case> cases) {
    return cases.stream()
        .map(c -> c.machine() + "/" + c.scenario().name() + "@" + c.trace().kernel())
        .toList();
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}

package busbar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigurationsTest {

  @Test
  void theMachineFileJoinsWhatTheFeatureSaysAboutTheMachine() {
    Map<String, Map<String, Object>> feature = new HashMap<>();
    feature.put("busbar.machine", new HashMap<>(Map.of("seed", 1)));
    assertThat(new Configurations(feature).withMachine(Path.of("/m.json")).byPid())
        .isEqualTo(Map.of("busbar.machine", Map.of("seed", 1, "file", "/m.json")));
  }

  @Test
  void theMachineFileNeedsNoConfigurationInTheFeature() {
    assertThat(new Configurations(Map.of()).withMachine(Path.of("/m.json")).byPid())
        .isEqualTo(Map.of("busbar.machine", Map.of("file", "/m.json")));
  }
}

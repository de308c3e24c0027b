package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two appliances in processes of their own, both running: the edu device moves from one to the
 * other through a file, in the middle of a factorial, and its user over there gets result and
 * interrupt. Then the source is let go on as well.
 */
class MigrationIT {
  private static final String TAKE =
      """
      vfio:unbind 0000:00:04.0
      vfio:bind 0000:00:04.0 migratable-vfio-pci
      test:edu open
      """;

  @TempDir Path folder;

  private LaunchedProcess launch(Path feature, Path bundle, String input) {
    try {
      return LaunchedProcess.withInput(
          input, "run", "--feature", feature.toString(), "--bundle", bundle.toString());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The default appliance with an edu that takes ten seconds for a factorial. */
  private Path slowEdu() throws Exception {
    String feature = Files.readString(LaunchedProcess.HOME.resolve("features/appliance.json"));
    String configured =
        feature.replace(
            "\"configurations\": {}",
            "\"configurations\": {\"busbar.model.edu\": {\"factorial.delay.micros\": 10000000}}");
    assertThat(configured).isNotEqualTo(feature);
    return Files.writeString(folder.resolve("slow.json"), configured);
  }

  @Test
  void aDeviceMovesFromOneRunningApplianceToAnother() throws Exception {
    final Path feature = slowEdu();
    final Path bundle = EduConsole.write(folder.resolve("console.jar"));
    Path state = folder.resolve("edu.state");
    Path saved = folder.resolve("saved");
    Path done = folder.resolve("done");
    String source =
        TAKE
            + """
            vfio:save 0000:00:04.0 /no/such/folder/state
            test:edu write 4 4660
            test:edu write 32 128
            test:edu write 8 10
            vfio:save 0000:00:04.0 %s
            vfio:movable
            test:edu tell %s
            test:edu expect %s
            vfio:resume 0000:00:04.0
            test:edu read 4
            """
                .formatted(state, saved, done);
    String target =
        TAKE
            + """
            test:edu expect %s
            vfio:restore 0000:00:04.0 %s
            vfio:resume 0000:00:04.0
            test:edu await
            test:edu read 8
            test:edu read 4
            test:edu tell %s
            """
                .formatted(saved, state, done);
    CompletableFuture<LaunchedProcess> from =
        CompletableFuture.supplyAsync(() -> launch(feature, bundle, source));
    LaunchedProcess to = launch(feature, bundle, target);
    assertThat(to.output() + to.error())
        .contains("0000:00:04.0 has the state of " + state + " and is stopped")
        .contains("0000:00:04.0 runs")
        .contains("interrupts 1")
        .contains("edu 8 = 3628800")
        .contains("edu 4 = " + ~4660);
    LaunchedProcess left = from.join();
    assertThat(left.output() + left.error())
        .contains("ENOENT: there is no folder /no/such/folder")
        .contains("0000:00:04.0 is stopped, its state of")
        .contains("undo: vfio:resume 0000:00:04.0")
        .containsPattern("0000:00:04.0 +migratable-vfio-pci +STOP +yes")
        .contains("0000:00:04.0 runs")
        .contains("edu 4 = " + ~4660);
  }
}

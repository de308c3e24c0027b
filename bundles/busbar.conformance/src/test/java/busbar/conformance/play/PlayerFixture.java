package busbar.conformance.play;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.mdev.MdevAdmin;
import busbar.conformance.scenario.MachineFacts;
import busbar.conformance.scenario.Scenario;
import busbar.conformance.scenario.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A player on a scripted client and a fake administration. */
abstract class PlayerFixture {
  /** Held here, or a collected logger would forget that it is off. */
  private static final Logger QUIET = Logger.getLogger(Player.class.getName());

  static {
    QUIET.setLevel(Level.OFF);
  }

  final ScriptedClient client = new ScriptedClient();
  final FakeAdmin admin = new FakeAdmin();
  private final Player player = player(client, admin);

  static Player player(ScriptedClient client, FakeAdmin admin) {
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

  String play(String step) {
    return player.play(Step.of(1, 1, step));
  }

  List<String> playAll(String... steps) {
    List<String> results = new ArrayList<>();
    for (String step : steps) {
      results.add(play(step));
    }
    return results;
  }
}

package busbar.shell;

import busbar.api.mdev.MdevAdmin;
import busbar.api.mdev.MdevAdmin.DefinitionView;
import busbar.api.mdev.MdevAdmin.Start;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Mediated devices that are remembered across restarts. */
final class Definitions {
  private Definitions() {}

  private static List<String> uuids(Services services, int position) {
    return position == 1
        ? services.mdev().map(MdevAdmin::definitions).orElse(List.of()).stream()
            .map(DefinitionView::uuid)
            .toList()
        : List.of();
  }

  @Command(
      name = "mdev-definitions",
      description = "Lists the mediated devices that are remembered.")
  static final class Listing extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<DefinitionView> definitions = services.requireMdev().definitions();
      Table table = new Table("UUID", "PARENT", "TYPE", "START", "STATE");
      definitions.forEach(
          one ->
              table.row(
                  one.uuid(),
                  one.parent(),
                  one.type(),
                  Plain.of(one.start()),
                  Plain.of(one.state())));
      return new Outcome(definitions, table.lines("no mediated devices are remembered"));
    }
  }

  @Command(
      name = "mdev-define",
      description = "Remembers a mediated device, so that it can be there again after a restart.")
  static final class Define extends VfioCommand {
    @Parameters(index = "0", paramLabel = "PARENT", description = "The parent.")
    private String parent;

    @Parameters(index = "1", paramLabel = "TYPE", description = "One of its types.")
    private String type;

    @Parameters(
        index = "2",
        arity = "0..1",
        paramLabel = "UUID",
        description = "Its name; a random one if left out.")
    private String uuid;

    @Option(names = "--auto", description = "Make it whenever its parent is there.")
    private boolean auto;

    @Override
    Outcome run(Services services) {
      String name = uuid == null ? UUID.randomUUID().toString() : uuid;
      services.requireMdev().define(parent, type, name, auto ? Start.AUTO : Start.MANUAL);
      return Outcome.change(name + " is defined", "vfio:mdev-undefine " + name);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return Mediated.parentsAndTypes(services, position);
    }
  }

  @Command(name = "mdev-start", description = "Makes a mediated device that is remembered.")
  static final class StartOne extends VfioCommand {
    @Parameters(paramLabel = "UUID", description = "The device.")
    private String uuid;

    @Override
    Outcome run(Services services) {
      services.requireMdev().start(uuid);
      return Outcome.change(uuid + " is there", "vfio:mdev-remove " + uuid);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return uuids(services, position);
    }
  }

  @Command(
      name = "mdev-autostart",
      description = "Says whether a remembered device is made whenever its parent is there.")
  static final class Autostart extends VfioCommand {
    @Parameters(index = "0", paramLabel = "UUID", description = "The device.")
    private String uuid;

    @Parameters(index = "1", paramLabel = "START", description = "auto or manual.")
    private Start start;

    @Override
    Outcome run(Services services) {
      services.requireMdev().autostart(uuid, start);
      Start other = start == Start.AUTO ? Start.MANUAL : Start.AUTO;
      return Outcome.change(
          uuid + " is " + Plain.of(start), "vfio:mdev-autostart " + uuid + " " + Plain.of(other));
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 2 ? List.of("auto", "manual") : uuids(services, position);
    }
  }

  @Command(
      name = "mdev-undefine",
      description = "Forgets a mediated device; one that is there stays.")
  static final class Undefine extends VfioCommand {
    @Parameters(paramLabel = "UUID", description = "The device.")
    private String uuid;

    @Override
    Outcome run(Services services) {
      MdevAdmin mdev = services.requireMdev();
      String undo =
          mdev.definitions().stream()
              .filter(one -> one.uuid().equalsIgnoreCase(uuid))
              .map(Undefine::definition)
              .findFirst()
              .orElse("");
      mdev.undefine(uuid);
      return Outcome.change(uuid + " is not remembered any more", undo);
    }

    private static String definition(DefinitionView one) {
      String auto = one.start() == Start.AUTO ? " --auto" : "";
      return String.join(" ", "vfio:mdev-define", one.parent(), one.type(), one.uuid()) + auto;
    }

    @Override
    List<String> candidates(Services services, int position) {
      return uuids(services, position);
    }
  }
}

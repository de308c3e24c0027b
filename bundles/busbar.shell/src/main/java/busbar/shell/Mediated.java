package busbar.shell;

import busbar.api.mdev.MdevAdmin;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Mediated devices. */
final class Mediated {
  private Mediated() {}

  /** Candidates of a command that names a parent and then a type. */
  static List<String> parentsAndTypes(Services services, int position) {
    List<MdevAdmin.TypeView> types = services.mdev().map(MdevAdmin::types).orElse(List.of());
    return switch (position) {
      case 1 -> types.stream().map(MdevAdmin.TypeView::parent).distinct().toList();
      case 2 -> types.stream().map(view -> view.type().name()).toList();
      default -> List.of();
    };
  }

  @Command(name = "mdev-types", description = "Lists what mediated parents can make.")
  static final class Types extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<MdevAdmin.TypeView> types = services.requireMdev().types();
      Table table = new Table("PARENT", "TYPE", "API", "LEFT", "WHAT");
      for (MdevAdmin.TypeView type : types) {
        table.row(
            type.parent(),
            type.type().name(),
            type.deviceApi(),
            type.availableInstances(),
            type.type().prettyName());
      }
      return new Outcome(types, table.lines("no mediated parents"));
    }
  }

  @Command(name = "mdevs", description = "Lists the mediated devices.")
  static final class Children extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<MdevAdmin.ChildView> children = services.requireMdev().children();
      Table table = new Table("UUID", "PARENT", "TYPE");
      children.forEach(child -> table.row(child.uuid(), child.parent(), child.type()));
      return new Outcome(children, table.lines("no mediated devices"));
    }
  }

  @Command(name = "mdev-create", description = "Makes a mediated device.")
  static final class Create extends VfioCommand {
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

    @Override
    Outcome run(Services services) {
      String name = uuid == null ? UUID.randomUUID().toString() : uuid;
      services.requireMdev().create(parent, type, name);
      return Outcome.change(name + " is a " + type + " of " + parent, "vfio:mdev-remove " + name);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return parentsAndTypes(services, position);
    }
  }

  @Command(
      name = "mdev-remove",
      description = "Removes a mediated device; waits until its user lets go.")
  static final class Remove extends VfioCommand {
    @Parameters(paramLabel = "UUID", description = "The device.")
    private String uuid;

    @Override
    Outcome run(Services services) {
      MdevAdmin mdev = services.requireMdev();
      String undo =
          mdev.children().stream()
              .filter(child -> child.uuid().equalsIgnoreCase(uuid))
              .map(child -> "vfio:mdev-create " + child.parent() + " " + child.type() + " " + uuid)
              .findFirst()
              .orElse("");
      mdev.remove(uuid);
      return Outcome.change(uuid + " is gone", undo);
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1
          ? services.mdev().map(MdevAdmin::children).orElse(List.of()).stream()
              .map(MdevAdmin.ChildView::uuid)
              .toList()
          : List.of();
    }
  }
}

package busbar.shell;

import busbar.api.Errno;
import busbar.api.admin.MigrationAdmin;
import busbar.api.admin.MigrationAdmin.Movable;
import busbar.api.admin.MigrationAdmin.Use;
import busbar.api.state.StateRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Devices that move from one Busbar to another, through a file. */
final class MigrationCommands {
  private MigrationCommands() {}

  private static List<String> movable(Services services, int position) {
    return position == 1
        ? services.migrations().stream()
            .flatMap(admin -> admin.movable().stream())
            .map(Movable::device)
            .toList()
        : List.of();
  }

  /** Commands whose first word is a device that can move. */
  private abstract static class OnDevice extends VfioCommand {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The device.")
    String device;

    @Override
    List<String> candidates(Services services, int position) {
      return movable(services, position);
    }
  }

  @Command(
      name = "movable",
      description = {
        "Lists the devices that can be moved to another Busbar, and where in a migration they are.",
        "A PCI function can once migratable-vfio-pci has it."
      })
  static final class Listing extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<Movable> devices = services.requireMigrations().movable();
      Table table = new Table("DEVICE", "DRIVER", "STATE", "OPEN", "WAITING");
      devices.forEach(
          one ->
              table.row(
                  one.device(),
                  one.driver(),
                  one.state(),
                  one.use() == Use.OPEN ? "yes" : "no",
                  one.arriving() ? "a state, for the next user" : "-"));
      return new Outcome(devices, table.lines("no driver here moves its devices"));
    }
  }

  /** What a file has got. */
  record Saved(String device, String what, String file, long bytes, String undo) {}

  @Command(
      name = "save",
      description = {
        "Stops a device and writes its state to a new file.",
        "It stays stopped, whoever has it open; vfio:resume lets it go on. A device that nobody"
            + " has open is opened for that. Example: vfio:save 0000:00:04.0 edu.state"
      })
  static final class Save extends OnDevice {
    @Parameters(index = "1", paramLabel = "FILE", description = "A file that is not there yet.")
    private Path file;

    @Override
    Outcome run(Services services) {
      MigrationAdmin admin = services.requireMigrations();
      StateFile.checkFree(file);
      StateRecord state = admin.save(device);
      long bytes;
      try {
        bytes = StateFile.write(file, state);
      } catch (RuntimeException e) {
        admin.resume(device);
        throw e;
      }
      String undo = "vfio:resume " + device;
      String done =
          String.format(
              Locale.ROOT, "%s is stopped, its state of %d bytes is in %s", device, bytes, file);
      return new Outcome(
          new Saved(device, state.get("what", String.class), file.toString(), bytes, undo),
          List.of(done, "undo: " + undo));
    }
  }

  @Command(
      name = "restore",
      description = {
        "Gives a device the state that vfio:save has written; it stays stopped until vfio:resume.",
        "If somebody has it open, that one goes on with the state. If not, the state is tried, and"
            + " waits for the next one who opens the device, for as long as its driver has it."
      })
  static final class Restore extends OnDevice {
    @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "The file.")
    private Path file;

    @Option(names = "--forget", description = "Forget a state that waits for the next user.")
    private boolean forget;

    @Override
    Outcome run(Services services) {
      MigrationAdmin admin = services.requireMigrations();
      if (forget == (file != null)) {
        throw Errno.EINVAL.because("either a file or --forget is needed");
      }
      if (forget) {
        admin.forget(device);
        return Outcome.change("no state waits for the next user of " + device, "");
      }
      Movable now = admin.restore(device, StateFile.read(file));
      return now.arriving()
          ? Outcome.change(
              "the state waits for the next user of " + device,
              "vfio:restore " + device + " --forget")
          : new Outcome(
              now,
              List.of(
                  device + " has the state of " + file + " and is stopped",
                  "next: vfio:resume " + device));
    }
  }

  @Command(
      name = "resume",
      description = "Lets a device run that vfio:save or vfio:restore has left stopped.")
  static final class Resume extends OnDevice {
    @Override
    Outcome run(Services services) {
      Movable now = services.requireMigrations().resume(device);
      return new Outcome(now, List.of(device + " runs"));
    }
  }
}

package busbar.shell;

import busbar.api.admin.DeviceView;
import busbar.api.admin.VfioAdmin;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The commands that bring drivers and devices together. */
final class Binding {
  private Binding() {}

  /** The command that sets an override; none if it is empty. */
  private static String override(String device, String driver) {
    return ("vfio:override " + device + " " + driver).strip();
  }

  /** A command, and what brings the override back that {@code vfio:bind} has changed. */
  private static String andOverride(String undo, String device, String bound, String before) {
    return bound.equals(before) ? undo : undo + "; " + override(device, before);
  }

  /** Commands whose first word is a device and whose second is a driver. */
  private abstract static class DeviceAndDriver extends VfioCommand {
    @Override
    List<String> candidates(Services services, int position) {
      return switch (position) {
        case 1 -> deviceNames(services);
        case 2 -> driverNames(services);
        default -> List.of();
      };
    }
  }

  @Command(
      name = "bind",
      description = "Gives an unbound device to a driver: sets its override and binds it.")
  static final class Bind extends DeviceAndDriver {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The device.")
    private String device;

    @Parameters(index = "1", paramLabel = "DRIVER", description = "The driver.")
    private String driver;

    @Override
    Outcome run(Services services) {
      VfioAdmin vfio = services.vfio();
      String before = vfio.device(device).override().orElse("");
      vfio.setOverride(device, driver);
      try {
        vfio.bind(device, driver);
      } catch (RuntimeException e) {
        vfio.setOverride(device, before);
        throw e;
      }
      return Outcome.change(
          device + " is bound to " + driver,
          andOverride("vfio:unbind " + device, device, driver, before));
    }
  }

  @Command(
      name = "unbind",
      description = {
        "Takes the driver away from a device.",
        "Waits for as long as a user has the device open, asking it again and again to let go."
      })
  static final class Unbind extends DeviceAndDriver {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The device.")
    private String device;

    @Override
    Outcome run(Services services) {
      DeviceView before = services.vfio().device(device);
      services.vfio().unbind(device);
      String driver = before.driver().orElse("");
      return Outcome.change(
          device + " is not bound any more",
          andOverride(
              "vfio:bind " + device + " " + driver, device, driver, before.override().orElse("")));
    }

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1
          ? services.vfio().devices().stream()
              .filter(view -> view.driver().isPresent())
              .map(DeviceView::name)
              .toList()
          : List.of();
    }
  }

  @Command(
      name = "override",
      description = "Says which driver alone may take a device; without DRIVER, any may again.")
  static final class OverrideDriver extends DeviceAndDriver {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The device.")
    private String device;

    @Parameters(index = "1", arity = "0..1", paramLabel = "DRIVER", description = "The driver.")
    private String driver;

    @Override
    Outcome run(Services services) {
      String before = services.vfio().device(device).override().orElse("");
      services.vfio().setOverride(device, driver == null ? "" : driver);
      return Outcome.change(
          driver == null ? device + " has no override" : device + " is meant for " + driver,
          override(device, before));
    }
  }

  @Command(name = "probe", description = "Lets all drivers bid for an unbound device.")
  static final class Probe extends DeviceAndDriver {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The device.")
    private String device;

    @Override
    Outcome run(Services services) {
      services.vfio().probe(device);
      return services
          .vfio()
          .device(device)
          .driver()
          .map(driver -> Outcome.change(device + " is bound to " + driver, "vfio:unbind " + device))
          .orElseGet(
              () ->
                  Outcome.change(
                      "no driver wanted " + device + " (vfio:explain " + device + " says why)",
                      ""));
    }
  }

  /** Commands whose first word is a driver. */
  private abstract static class DriverAndId extends VfioCommand {
    @Parameters(index = "0", paramLabel = "DRIVER", description = "The driver.")
    String driver;

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "ID",
        description =
            "Vendor and device in hex, e.g. 1b36 0005; on other buses what they match by.")
    List<String> id;

    @Override
    List<String> candidates(Services services, int position) {
      return position == 1 ? driverNames(services) : List.of();
    }
  }

  @Command(name = "add-id", description = "Adds a dynamic id; the driver takes what matches.")
  static final class AddId extends DriverAndId {
    @Override
    Outcome run(Services services) {
      String text = String.join(" ", id);
      services.vfio().addId(driver, text);
      return Outcome.change(
          driver + " takes devices with the id " + text, "vfio:remove-id " + driver + " " + text);
    }
  }

  @Command(name = "remove-id", description = "Takes a dynamic id back; bound devices stay bound.")
  static final class RemoveId extends DriverAndId {
    @Override
    Outcome run(Services services) {
      String text = String.join(" ", id);
      services.vfio().removeId(driver, text);
      return Outcome.change(
          driver + " does not take devices by the id " + text,
          "vfio:add-id " + driver + " " + text);
    }
  }
}

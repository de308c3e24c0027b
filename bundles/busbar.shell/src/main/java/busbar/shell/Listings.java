package busbar.shell;

import busbar.api.admin.BackendView;
import busbar.api.admin.ClientView;
import busbar.api.admin.ContainerView;
import busbar.api.admin.DeviceView;
import busbar.api.admin.DriverView;
import busbar.api.admin.GroupView;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuFault;
import busbar.api.memory.AddressSpace;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands that only show. */
final class Listings {
  private Listings() {}

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String words(List<?> values) {
    return values.isEmpty() ? "-" : String.join(" ", values.stream().map(String::valueOf).toList());
  }

  @Command(
      name = "devices",
      description = "Lists the devices of every bus and what they are doing.")
  static final class Devices extends VfioCommand {
    @Option(names = "--bus", paramLabel = "BUS", description = "Only those of one bus.")
    private String bus;

    @Override
    Outcome run(Services services) {
      List<DeviceView> devices =
          services.vfio().devices().stream()
              .filter(device -> bus == null || device.bus().equals(bus))
              .toList();
      Table table = new Table("DEVICE", "BUS", "GROUP", "DRIVER", "STATE", "WHAT");
      for (DeviceView device : devices) {
        table.row(
            device.name(),
            device.bus(),
            device.group().isPresent() ? device.group().getAsInt() : "-",
            device.driver().orElse("-"),
            lower(device.state()),
            device.summary());
      }
      return new Outcome(devices, table.lines("no devices"));
    }
  }

  @Command(
      name = "groups",
      description = "Lists the groups that have a node, and who can have them.")
  static final class Groups extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<GroupView> groups = services.vfio().groups();
      Table table = new Table("GROUP", "TYPE", "VIABLE", "CONTAINER", "OPEN BY", "DEVICES", "WHY");
      for (GroupView group : groups) {
        table.row(
            group.node(),
            lower(group.type()),
            group.viable() ? "yes" : "no",
            group.container().orElse("-"),
            group.openBy().orElse("-"),
            words(group.devices()),
            group.taint().isEmpty()
                ? group.because()
                : group.because() + " TAINTED: " + group.taint());
      }
      return new Outcome(groups, table.lines("no groups: no device is bound to a VFIO driver"));
    }
  }

  @Command(name = "drivers", description = "Lists bus drivers and the host's own drivers.")
  static final class Drivers extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<DriverView> drivers = services.vfio().drivers();
      Table table = new Table("DRIVER", "BUS", "KIND", "FROM", "IDS", "DEVICES");
      for (DriverView driver : drivers) {
        table.row(
            driver.name(),
            driver.bus(),
            lower(driver.kind()),
            driver.bundle(),
            words(driver.ids()),
            words(driver.devices()));
      }
      return new Outcome(drivers, table.lines("no drivers"));
    }
  }

  @Command(
      name = "backends",
      description = "Lists the IOMMU backends in the order in which a container asks them.")
  static final class Backends extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<BackendView> backends = services.vfio().backends();
      Table table = new Table("BACKEND", "RANKING", "EXTENSIONS", "CONTAINERS", "FROM");
      for (BackendView backend : backends) {
        table.row(
            backend.name(),
            backend.ranking(),
            words(backend.extensions()),
            words(backend.containers()),
            backend.owner());
      }
      return new Outcome(backends, table.lines("no IOMMU backends"));
    }
  }

  @Command(name = "containers", description = "Lists the open containers.")
  static final class Containers extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<ContainerView> containers = services.vfio().containers();
      Table table = new Table("CONTAINER", "CLIENT", "GROUPS", "BACKEND");
      for (ContainerView container : containers) {
        table.row(
            container.name(),
            container.client(),
            words(container.groups()),
            container.backend().orElse("-"));
      }
      return new Outcome(containers, table.lines("no open containers"));
    }
  }

  @Command(name = "clients", description = "Lists the clients and what they hold.")
  static final class Clients extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<ClientView> clients = services.vfio().clients();
      Table table = new Table("CLIENT", "FILES", "MAPPINGS", "LOCKED", "LIMIT", "CAPABILITIES");
      for (ClientView client : clients) {
        table.row(
            client.name(),
            client.openFiles(),
            client.mappings(),
            client.lockedBytes() / 1024 + " KiB",
            client.lockedLimitBytes() == AddressSpace.UNLIMITED
                ? "none"
                : client.lockedLimitBytes() / 1024 + " KiB",
            words(client.capabilities().stream().sorted().toList()));
      }
      return new Outcome(clients, table.lines("no clients"));
    }
  }

  @Command(name = "faults", description = "Lists the last DMA accesses that an IOMMU refused.")
  static final class Faults extends VfioCommand {
    @Override
    Outcome run(Services services) {
      List<IommuFault> faults =
          services.iommus().stream().map(Iommu::recentFaults).flatMap(List::stream).toList();
      Table table = new Table("DEVICE", "GROUP", "IOVA", "ACCESS", "REASON");
      for (IommuFault fault : faults) {
        table.row(
            fault.device(),
            fault.groupId(),
            "0x" + Long.toHexString(fault.iova()),
            lower(fault.access()),
            fault.reason());
      }
      return new Outcome(faults, table.lines("no DMA was refused"));
    }
  }
}

package busbar.registry;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.BackendView;
import busbar.api.admin.ClientView;
import busbar.api.admin.ContainerView;
import busbar.api.admin.DeviceView;
import busbar.api.admin.DeviceView.State;
import busbar.api.admin.DriverView;
import busbar.api.admin.GroupView;
import busbar.api.admin.IommuGroupView;
import busbar.api.bus.BusDevice;
import busbar.api.client.ClientPolicy;
import busbar.api.iommu.IommuGroup;
import busbar.api.memory.AddressSpace;
import busbar.registry.DeviceEntry.HostBound;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** What administration sees. Takes no lock that a driver could hold for long. */
final class Views {
  private static final int LAST_EXTENSION = 10;

  private final Devices devices;
  private final Drivers drivers;
  private final Groups groups;
  private final Containers containers;
  private final Backends backends;
  private final Clients clients;

  Views(
      Devices devices,
      Drivers drivers,
      Groups groups,
      Containers containers,
      Backends backends,
      Clients clients) {
    this.devices = devices;
    this.drivers = drivers;
    this.groups = groups;
    this.containers = containers;
    this.backends = backends;
    this.clients = clients;
  }

  List<DeviceView> devices() {
    return devices.all().stream().map(this::view).toList();
  }

  DeviceView device(String name) {
    return view(devices.named(name));
  }

  DeviceView view(DeviceEntry entry) {
    BusDevice device = entry.device;
    DeviceEntry.Bound bound = entry.bound();
    int openCount = bound instanceof VfioBound vfio ? vfio.object().openCount() : 0;
    State state = state(entry, bound, openCount);
    return new DeviceView(
        device.name(),
        device.bus(),
        device.summary(),
        group(device, bound),
        Optional.ofNullable(bound).map(DeviceEntry.Bound::driverName),
        Optional.ofNullable(entry.override()),
        openCount,
        state,
        because(entry, bound, state, openCount));
  }

  private static OptionalInt group(BusDevice device, DeviceEntry.Bound bound) {
    return isolation(device, bound)
        .map(group -> OptionalInt.of(group.id()))
        .orElse(OptionalInt.empty());
  }

  /** The isolation that a device has now, whoever made it; {@code ENOENT} if nothing has. */
  IommuGroupView iommuGroup(String name) {
    DeviceEntry entry = devices.named(name);
    return isolation(entry.device, entry.bound())
        .map(
            group ->
                new IommuGroupView(
                    group.id(),
                    group instanceof SyntheticGroup ? SyntheticGroup.NAME : "",
                    group.type(),
                    group.devices(),
                    group.reserved()))
        .orElseThrow(() -> Errno.ENOENT.because("%s is in no group", name));
  }

  private static Optional<IommuGroup> isolation(BusDevice device, DeviceEntry.Bound bound) {
    if (bound instanceof VfioBound vfio) {
      return Optional.ofNullable(vfio.object().iommuGroup());
    }
    return device.isEmulated() ? Optional.empty() : device.iommuGroup();
  }

  private static State state(DeviceEntry entry, DeviceEntry.Bound bound, int openCount) {
    return switch (bound) {
      case null -> entry.lostDriver() == null ? State.UNBOUND : State.BROKEN;
      case HostBound host -> State.HOST;
      case VfioBound vfio when entry.hold() != null -> State.SWAPPING;
      case VfioBound vfio when entry.isRemoving() -> State.REMOVING;
      case VfioBound vfio when vfio.object().killedBecause() != null -> State.BROKEN;
      case VfioBound vfio -> openCount > 0 ? State.OPEN : State.READY;
    };
  }

  private static String because(
      DeviceEntry entry, DeviceEntry.Bound bound, State state, int openCount) {
    return switch (state) {
      case UNBOUND, BROKEN -> entry.because();
      case HOST -> bound.driverName() + " of the host has it";
      case READY -> bound.driverName() + " has it and nobody has opened it";
      case OPEN -> bound.driverName() + " has it and " + openCount + " files of it are open";
      case REMOVING -> "its removal waits until " + openCount + " files of it are closed";
      case SWAPPING -> bound.driverName() + " is gone, a successor is awaited";
    };
  }

  List<GroupView> groups() {
    return groups.all().stream().map(this::view).toList();
  }

  GroupView view(Group group) {
    Optional<String> culprit = group.notViable();
    Container container = group.container();
    String because =
        culprit.orElseGet(() -> container == null ? "nobody owns it" : container + " has it");
    return new GroupView(
        group.id(),
        group.node(),
        group.type(),
        group.iommuGroup().devices(),
        culprit.isEmpty(),
        because,
        Optional.ofNullable(container).map(Container::name),
        group.openFile().map(GroupFile::openedBy),
        taint(group));
  }

  private static String taint(Group group) {
    return switch (group.type()) {
      case NO_IOMMU -> "no IOMMU isolates it: its user can reach all memory";
      case IOMMU, EMULATED -> "";
    };
  }

  List<ContainerView> containers() {
    return containers.all().stream()
        .map(
            container ->
                new ContainerView(
                    container.name(),
                    container.client(),
                    container.groups().stream().map(Group::node).toList(),
                    Optional.ofNullable(container.attachment())
                        .map(attachment -> attachment.backend().name())))
        .toList();
  }

  List<DriverView> drivers() {
    List<DriverView> views = new ArrayList<>();
    for (DriverEntry driver : drivers.all()) {
      views.add(
          new DriverView(
              driver.name(),
              driver.bus(),
              DriverView.Kind.VFIO,
              Owners.ofDriver(driver.driver),
              drivers.ids().texts(driver.bus(), driver.name()),
              boundTo(driver)));
    }
    for (HostEntry host : drivers.allHosts()) {
      views.add(
          new DriverView(
              host.name(),
              host.bus(),
              DriverView.Kind.HOST,
              Owners.of(host.driver),
              List.of(),
              boundTo(host)));
    }
    return views;
  }

  private List<String> boundTo(Object driver) {
    return devices.all().stream()
        .filter(
            entry ->
                switch (entry.bound()) {
                  case null -> false;
                  case VfioBound bound -> bound.driver() == driver;
                  case HostBound bound -> bound.driver() == driver;
                })
        .map(DeviceEntry::name)
        .toList();
  }

  List<BackendView> backends() {
    ClientImpl asker = clients.unlisted(ClientPolicy.ordinary("administration"));
    return backends.inOrder().stream().map(backend -> view(backend, asker)).toList();
  }

  private BackendView view(BackendEntry<?> backend, ClientImpl asker) {
    List<Integer> extensions =
        IntStream.rangeClosed(1, LAST_EXTENSION)
            .filter(extension -> answers(backend, asker, extension))
            .boxed()
            .toList();
    List<String> users =
        containers.all().stream()
            .filter(
                container ->
                    container.attachment() != null && container.attachment().backend() == backend)
            .map(Container::name)
            .toList();
    return new BackendView(backend.name(), backend.ops.owner(), backend.ranking, extensions, users);
  }

  private static boolean answers(BackendEntry<?> backend, ClientImpl asker, int extension) {
    try {
      return backend.checkExtension(asker.caller(), Args.immediate(extension)) > 0;
    } catch (VfioException e) {
      return false;
    }
  }

  List<ClientView> clients() {
    return clients.all().stream()
        .map(
            client ->
                new ClientView(
                    client.name(),
                    client.openFiles(),
                    client.mappingCount(),
                    client.memory().lockedPages() * AddressSpace.PAGE,
                    client.memory().lockedLimitBytes(),
                    client.capabilities()))
        .toList();
  }
}

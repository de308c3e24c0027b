package busbar.conformance.sysfs;

import busbar.api.Errno;
import busbar.api.admin.DeviceView;
import busbar.api.admin.IommuGroupView;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.ModuleParameters.Parameter;
import busbar.api.iommu.ReservedRegion;
import busbar.api.mdev.MdevAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The administration edge as a file system: the files of {@code /sys} and {@code /dev/vfio} that
 * have to do with VFIO, each a call of {@link VfioAdmin} or {@link MdevAdmin}. Failures are those
 * of the edge; a file that is not there is {@code ENOENT}, one that cannot be read or written
 * {@code EACCES}.
 */
public final class SysfsView {
  private static final String DEVICE = "/sys/bus/([^/]+)/devices/([^/]+)";
  private static final String DRIVER = "/sys/bus/([^/]+)/drivers/([^/]+)";
  private static final String TYPE = "/sys/(.+)/mdev_supported_types/([^/]+)";

  /** One kind of file; {@code null} for what cannot be done with it. */
  private record Entry(
      Pattern path,
      Predicate<Matcher> exists,
      Function<Matcher, String> read,
      BiConsumer<Matcher, String> write) {}

  private final VfioAdmin admin;
  private final Optional<MdevAdmin> mdev;
  private final List<Entry> entries = new ArrayList<>();

  public SysfsView(VfioAdmin admin, Optional<MdevAdmin> mdev) {
    this.admin = admin;
    this.mdev = mdev;
    addDevices();
    addGroups();
    addDrivers();
    addModules();
    mdev.ifPresent(this::addMediated);
    add("/dev/vfio/vfio", path -> true, null, null);
    add("/dev/vfio/([^/]+)", path -> hasNode(path.group(1)), null, null);
  }

  /** The contents, without the newline at their end. */
  public String read(String path) {
    for (Entry entry : entries) {
      Matcher matcher = entry.path().matcher(path);
      if (matcher.matches() && entry.exists().test(matcher)) {
        if (entry.read() == null) {
          throw Errno.EACCES.because("%s cannot be read", path);
        }
        return entry.read().apply(matcher);
      }
    }
    throw Errno.ENOENT.because("there is no %s", path);
  }

  /** Writes a line. */
  public void write(String path, String value) {
    for (Entry entry : entries) {
      Matcher matcher = entry.path().matcher(path);
      if (matcher.matches() && entry.exists().test(matcher)) {
        if (entry.write() == null) {
          throw Errno.EACCES.because("%s cannot be written", path);
        }
        entry.write().accept(matcher, value);
        return;
      }
    }
    throw Errno.ENOENT.because("there is no %s", path);
  }

  public boolean exists(String path) {
    for (Entry entry : entries) {
      Matcher matcher = entry.path().matcher(path);
      if (matcher.matches() && entry.exists().test(matcher)) {
        return true;
      }
    }
    return false;
  }

  private void add(
      String path,
      Predicate<Matcher> exists,
      Function<Matcher, String> read,
      BiConsumer<Matcher, String> write) {
    entries.add(new Entry(Pattern.compile(path), exists, read, write));
  }

  private void addDevices() {
    add(DEVICE, this::isDevice, null, null);
    add(
        DEVICE + "/driver_override",
        this::isDevice,
        path -> device(path).override().orElse("(null)"),
        (path, value) -> admin.setOverride(path.group(2), value));
    add(DEVICE + "/driver", this::isBound, null, null);
    add(
        DEVICE + "/driver/unbind",
        this::isBound,
        null,
        (path, value) -> unbind(device(path).driver().orElse(""), value));
    add(
        DEVICE + "/sriov_numvfs",
        this::isDevice,
        path -> Integer.toString(admin.virtualFunctions(path.group(2))),
        (path, value) -> admin.setVirtualFunctions(path.group(2), count(value)));
  }

  private void addGroups() {
    add(DEVICE + "/iommu_group", this::isIsolated, null, null);
    add(
        DEVICE + "/iommu_group/name",
        path -> isIsolated(path) && !group(path).name().isEmpty(),
        path -> group(path).name(),
        null);
    add(DEVICE + "/iommu_group/type", this::isIsolated, path -> group(path).type(), null);
    add(
        DEVICE + "/iommu_group/reserved_regions",
        this::isIsolated,
        path -> reserved(group(path).reserved()),
        null);
    add(
        DEVICE + "/iommu_group/devices/([^/]+)",
        path -> isIsolated(path) && group(path).devices().contains(path.group(3)),
        null,
        null);
  }

  private void addDrivers() {
    add(DRIVER, this::isDriver, null, null);
    add(DRIVER + "/bind", this::isDriver, null, this::bind);
    add(DRIVER + "/unbind", this::isDriver, null, (path, value) -> unbind(path.group(2), value));
    add(DRIVER + "/new_id", this::isDriver, null, (path, id) -> admin.addId(path.group(2), id));
    add(
        DRIVER + "/remove_id",
        this::isDriver,
        null,
        (path, id) -> admin.removeId(path.group(2), id));
    add("/sys/bus/([^/]+)/drivers_probe", path -> true, null, this::probe);
  }

  private void addModules() {
    String module = "/sys/module/([^/]+)";
    add(module, path -> admin.parameters().containsKey(path.group(1)), null, null);
    add(
        module + "/parameters/([^/]+)",
        path -> parameter(path).isPresent(),
        path -> parameter(path).orElseThrow().value(),
        (path, value) -> admin.setParameter(path.group(1), path.group(2), value));
  }

  private void addMediated(MdevAdmin children) {
    add("/sys/(.+)/mdev_supported_types", path -> isParent(path.group(1)), null, null);
    add("/sys/(class/.+)", path -> isParent(path.group(1)), null, null);
    add(TYPE, this::isType, null, null);
    add(TYPE + "/devices", this::isType, null, null);
    add(
        TYPE + "/devices/([^/]+)",
        path -> isType(path) && isChild(path.group(3), type(path)),
        null,
        null);
    add("/sys/bus/mdev/devices/([^/]+)/mdev_type", path -> isMediated(path.group(1)), null, null);
    add(TYPE + "/name", this::isType, path -> type(path).type().prettyName(), null);
    add(
        TYPE + "/description",
        path -> isType(path) && !type(path).type().description().isEmpty(),
        path -> type(path).type().description(),
        null);
    add(TYPE + "/device_api", this::isType, path -> type(path).deviceApi(), null);
    add(
        TYPE + "/available_instances",
        this::isType,
        path -> Integer.toString(type(path).availableInstances()),
        null);
    add(
        TYPE + "/create",
        this::isType,
        null,
        (path, uuid) -> children.create(type(path).parent(), type(path).type().name(), uuid));
    add(
        "/sys/bus/mdev/devices/([^/]+)/remove",
        path -> isMediated(path.group(1)),
        null,
        (path, value) -> {
          if (count(value) != 0) {
            children.remove(path.group(1));
          }
        });
  }

  private boolean isOnBus(String bus, String device) {
    return admin.devices().stream().anyMatch(d -> d.bus().equals(bus) && d.name().equals(device));
  }

  private boolean isDevice(Matcher path) {
    return isOnBus(path.group(1), path.group(2));
  }

  private boolean isBound(Matcher path) {
    return isDevice(path) && device(path).driver().isPresent();
  }

  private boolean isIsolated(Matcher path) {
    return isDevice(path) && device(path).group().isPresent();
  }

  private DeviceView device(Matcher path) {
    return admin.device(path.group(2));
  }

  private IommuGroupView group(Matcher path) {
    return admin.iommuGroup(path.group(2));
  }

  private static String reserved(List<ReservedRegion> regions) {
    StringBuilder text = new StringBuilder();
    for (ReservedRegion region : regions) {
      text.append(text.isEmpty() ? "" : " ")
          .append(
              String.format(
                  "0x%016x 0x%016x %s", region.start(), region.end(), region.kind().text()));
    }
    return text.toString();
  }

  private boolean isDriver(Matcher path) {
    return admin.drivers().stream()
        .anyMatch(d -> d.bus().equals(path.group(1)) && d.name().equals(path.group(2)));
  }

  private void bind(Matcher path, String device) {
    if (!isOnBus(path.group(1), device)) {
      throw Errno.ENODEV.because("there is no %s on the bus %s", device, path.group(1));
    }
    admin.bind(device, path.group(2));
  }

  private void probe(Matcher path, String device) {
    if (!isOnBus(path.group(1), device)) {
      throw Errno.ENODEV.because("there is no %s on the bus %s", device, path.group(1));
    }
    admin.probe(device);
  }

  private void unbind(String driver, String device) {
    boolean bound =
        admin.devices().stream()
            .anyMatch(d -> d.name().equals(device) && d.driver().equals(Optional.of(driver)));
    if (!bound) {
      throw Errno.ENODEV.because("%s is not bound to %s", device, driver);
    }
    admin.unbind(device);
  }

  private Optional<Parameter> parameter(Matcher path) {
    return admin.parameters().getOrDefault(path.group(1), List.of()).stream()
        .filter(parameter -> parameter.name().equals(path.group(2)))
        .findFirst();
  }

  private Optional<MdevAdmin.TypeView> typeAt(Matcher path) {
    return mdev.stream()
        .flatMap(m -> m.types().stream())
        .filter(view -> view.type().name().equals(path.group(2)))
        .filter(view -> isPathOf(path.group(1), view))
        .findFirst();
  }

  /** A parent is found in its own class and in that of all parents. */
  private static boolean isPathOf(String path, MdevAdmin.TypeView view) {
    return path.equals(view.parentPath()) || path.equals("class/mdev_bus/" + view.parent());
  }

  private boolean isParent(String path) {
    return mdev.stream().flatMap(m -> m.types().stream()).anyMatch(view -> isPathOf(path, view));
  }

  private boolean isMediated(String uuid) {
    return mdev.stream()
        .flatMap(m -> m.children().stream())
        .anyMatch(child -> child.uuid().equals(uuid));
  }

  private boolean isChild(String uuid, MdevAdmin.TypeView type) {
    return mdev.stream()
        .flatMap(m -> m.children().stream())
        .anyMatch(child -> child.uuid().equals(uuid) && child.type().equals(type.type().name()));
  }

  private boolean isType(Matcher path) {
    return typeAt(path).isPresent();
  }

  private MdevAdmin.TypeView type(Matcher path) {
    return typeAt(path)
        .orElseThrow(
            () -> Errno.ENOENT.because("/sys/%s has no type %s", path.group(1), path.group(2)));
  }

  private boolean hasNode(String node) {
    return admin.groups().stream().anyMatch(group -> group.node().equals(node));
  }

  private static int count(String text) {
    try {
      return Integer.decode(text.strip());
    } catch (NumberFormatException e) {
      throw Errno.EINVAL.because("\"%s\" is not a number", text);
    }
  }
}

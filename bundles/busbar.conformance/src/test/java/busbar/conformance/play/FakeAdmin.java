package busbar.conformance.play;

import busbar.api.Errno;
import busbar.api.admin.DeviceView;
import busbar.api.admin.DeviceView.State;
import busbar.api.admin.VfioAdmin;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** An administration of two devices that notes what it is told. */
public final class FakeAdmin {
  private final List<String> told = new ArrayList<>();

  /** The host bridge in group 0 and a device in group 2, bound to vfio-pci. */
  public List<DeviceView> devices() {
    return List.of(
        device("0000:00:00.0", 0, Optional.empty()),
        device("0000:00:04.0", 2, Optional.of("vfio-pci")));
  }

  /** The device of that name; {@code ENODEV}. */
  public DeviceView device(String name) {
    return devices().stream()
        .filter(view -> view.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Errno.ENODEV.because("no %s", name));
  }

  /** What it was told. */
  public List<String> told() {
    return told;
  }

  /** Notes it. */
  public void setOverride(String device, String driver) {
    told.add("override " + device + " " + driver);
  }

  /** Notes it. */
  public void bind(String device, String driver) {
    told.add("bind " + device + " " + driver);
  }

  private static DeviceView device(String name, int group, Optional<String> driver) {
    return new DeviceView(
        name,
        "pci",
        "",
        OptionalInt.of(group),
        driver,
        Optional.empty(),
        0,
        driver.isPresent() ? State.READY : State.UNBOUND,
        "");
  }

  /** The edge: what this class has, and {@code EOPNOTSUPP} for all else. */
  public VfioAdmin edge() {
    return edge(VfioAdmin.class, this);
  }

  /** An edge of which an object has some methods: {@code EOPNOTSUPP} for all others. */
  public static <T> T edge(Class<T> type, Object some) {
    return type.cast(
        Proxy.newProxyInstance(
            FakeAdmin.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return some.getClass()
                    .getMethod(method.getName(), method.getParameterTypes())
                    .invoke(some, arguments);
              } catch (NoSuchMethodException e) {
                throw Errno.EOPNOTSUPP.because("no %s here", method.getName());
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}

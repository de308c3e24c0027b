package busbar.mdev;

import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.device.VfioBusDriver;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** What the core does with buses and drivers, as far as a bus can see it. */
final class FakeCore implements BusListener, Parents.Drivers {
  private record Bound(VfioBusDriver<Object> driver, Object data) {}

  final List<VfioBusDriver<?>> drivers = new CopyOnWriteArrayList<>();
  final Map<String, Map<String, Object>> driverProperties = new ConcurrentHashMap<>();
  final Set<String> known = ConcurrentHashMap.newKeySet();
  final List<String> vanished = new CopyOnWriteArrayList<>();

  /** Devices with a user: a removal waits for the latch. */
  final Map<String, CountDownLatch> open = new ConcurrentHashMap<>();

  private final Map<String, BusDevice> devices = new ConcurrentHashMap<>();
  private final Map<String, Bound> bound = new ConcurrentHashMap<>();

  @Override
  public Runnable offer(VfioBusDriver<?> driver, Map<String, Object> properties) {
    drivers.add(driver);
    driverProperties.put(driver.name(), properties);
    devices.values().forEach(this::bind);
    return () -> withdraw(driver);
  }

  private void withdraw(VfioBusDriver<?> driver) {
    drivers.remove(driver);
    bound.forEach(
        (name, its) -> {
          if (its.driver() == driver && bound.remove(name, its)) {
            its.driver().remove(its.data());
          }
        });
    devices.values().forEach(this::bind);
  }

  @Override
  public void added(BusDevice device) {
    if (!known.add(device.name())) {
      throw new AssertionError(device + " was told twice");
    }
    devices.put(device.name(), device);
    bind(device);
  }

  @SuppressWarnings("unchecked")
  private void bind(BusDevice device) {
    for (VfioBusDriver<?> driver : drivers) {
      if (!bound.containsKey(device.name()) && driver.bid(device) > 0) {
        try {
          bound.put(
              device.name(), new Bound((VfioBusDriver<Object>) driver, driver.probe(device, null)));
        } catch (RuntimeException e) {
          // stays unbound, as in the core
        }
      }
    }
  }

  @Override
  public void removing(BusDevice device) {
    CountDownLatch user = open.get(device.name());
    if (user != null) {
      try {
        user.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    forget(device);
  }

  @Override
  public void vanished(BusDevice device) {
    vanished.add(device.name());
    forget(device);
  }

  private void forget(BusDevice device) {
    if (!known.remove(device.name())) {
      throw new AssertionError(device + " goes and was never told");
    }
    devices.remove(device.name());
    Bound its = bound.remove(device.name());
    if (its != null) {
      its.driver().remove(its.data());
    }
  }

  boolean isBound(String name) {
    return bound.containsKey(name);
  }

  Object dataOf(String name) {
    return bound.get(name).data();
  }
}

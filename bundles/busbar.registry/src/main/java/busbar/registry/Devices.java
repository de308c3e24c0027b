package busbar.registry;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The devices of all buses. */
final class Devices {
  private record Key(String bus, String name) {}

  private final Map<Key, DeviceEntry> entries = new ConcurrentHashMap<>();

  private static Key key(BusDevice device) {
    return new Key(device.bus(), device.name());
  }

  /** The new entry; {@code null} if that device is known. */
  DeviceEntry add(BusDevice device, BusListener listener) {
    DeviceEntry entry = new DeviceEntry(device, listener);
    return entries.putIfAbsent(key(device), entry) == null ? entry : null;
  }

  void remove(DeviceEntry entry) {
    entries.remove(key(entry.device), entry);
  }

  /** The entry of a device, {@code null} if it is not known. */
  DeviceEntry of(BusDevice device) {
    return entries.get(key(device));
  }

  /** By bus and name. */
  List<DeviceEntry> all() {
    return entries.values().stream()
        .sorted(
            Comparator.comparing((DeviceEntry entry) -> entry.device.bus())
                .thenComparing(DeviceEntry::name))
        .toList();
  }

  DeviceEntry named(String name) {
    return entries.values().stream()
        .filter(entry -> entry.name().equals(name))
        .min(Comparator.comparing(entry -> entry.device.bus()))
        .orElseThrow(() -> Errno.ENODEV.because("there is no device %s", name));
  }
}

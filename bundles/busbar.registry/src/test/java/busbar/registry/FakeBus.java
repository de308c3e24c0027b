package busbar.registry;

import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.iommu.IommuGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A bus whose devices a test plugs and pulls. */
final class FakeBus implements Bus {
  /** A device with a group, or none. */
  record FakeDevice(
      String bus,
      String name,
      Optional<IommuGroup> iommuGroup,
      boolean isEmulated,
      Optional<String> preferredDriver)
      implements BusDevice {
    @Override
    public String summary() {
      return "a fake device";
    }
  }

  private final String name;
  private final List<BusDevice> devices = new CopyOnWriteArrayList<>();
  private final List<BusListener> listeners = new ArrayList<>();

  FakeBus(String name) {
    this.name = name;
  }

  FakeDevice plug(String device, FakeIommu.FakeGroup group) {
    return plug(device, group, null);
  }

  FakeDevice plug(String device, FakeIommu.FakeGroup group, String preferred) {
    if (group != null) {
      group.devices.add(device);
    }
    return plug(
        new FakeDevice(
            name, device, Optional.ofNullable(group), false, Optional.ofNullable(preferred)));
  }

  FakeDevice plugEmulated(String device) {
    return plug(new FakeDevice(name, device, Optional.empty(), true, Optional.empty()));
  }

  private FakeDevice plug(FakeDevice device) {
    devices.add(device);
    listeners.forEach(listener -> listener.added(device));
    return device;
  }

  /** Removes it as hardware does that can wait. */
  void remove(BusDevice device) {
    listeners.forEach(listener -> listener.removing(device));
    devices.remove(device);
  }

  /** Pulls it. */
  void pull(BusDevice device) {
    devices.remove(device);
    listeners.forEach(listener -> listener.vanished(device));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<BusDevice> devices() {
    return devices;
  }

  @Override
  public void addListener(BusListener listener) {
    listeners.add(listener);
    devices.forEach(listener::added);
  }

  @Override
  public void removeListener(BusListener listener) {
    listeners.remove(listener);
  }
}

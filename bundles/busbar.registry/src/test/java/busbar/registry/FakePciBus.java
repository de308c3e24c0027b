package busbar.registry;

import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.pci.PciDevice;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A PCI bus to plug functions into. */
final class FakePciBus implements Bus {
  private final List<BusDevice> devices = new CopyOnWriteArrayList<>();
  private final List<BusListener> listeners = new CopyOnWriteArrayList<>();

  void plug(PciDevice device) {
    devices.add(device);
    listeners.forEach(listener -> listener.added(device));
  }

  void remove(PciDevice device) {
    listeners.forEach(listener -> listener.removing(device));
    devices.remove(device);
  }

  @Override
  public String name() {
    return "pci";
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

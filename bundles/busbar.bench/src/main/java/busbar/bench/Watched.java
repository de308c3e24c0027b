package busbar.bench;

import busbar.api.Caller;
import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import java.lang.foreign.MemorySegment;

/**
 * A bus driver that takes every device and shows what the core hands it: to call the real driver
 * behind it directly, with the same data and caller.
 *
 * @param <D> the real driver's data
 */
final class Watched<D> implements VfioBusDriver<D> {
  final VfioBusDriver<D> driver;
  volatile D data;
  volatile Caller caller;

  Watched(VfioBusDriver<D> driver) {
    this.driver = driver;
  }

  @Override
  public String name() {
    return driver.name();
  }

  @Override
  public String bus() {
    return driver.bus();
  }

  @Override
  public int bid(BusDevice device) {
    return 1;
  }

  @Override
  public D probe(BusDevice device, VfioDevice vfio) {
    data = driver.probe(device, vfio);
    return data;
  }

  @Override
  public void remove(D device) {
    driver.remove(device);
  }

  @Override
  public void open(D device, Caller by) {
    caller = by;
    driver.open(device, by);
  }

  @Override
  public void release(D device) {
    driver.release(device);
  }

  @Override
  public int read(D device, Caller by, MemorySegment buffer, long offset) {
    return driver.read(device, by, buffer, offset);
  }

  @Override
  public int write(D device, Caller by, MemorySegment buffer, long offset) {
    return driver.write(device, by, buffer, offset);
  }

  @Override
  public long ioctl(D device, Caller by, int command, MemorySegment argument) {
    return driver.ioctl(device, by, command, argument);
  }
}

package busbar.registry;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.swap.Candidate;

/** A bus driver while its service is there. */
final class DriverEntry {
  final VfioBusDriver<?> driver;
  final int ranking;
  final long age;

  /** Who it is for operators: with its bundle and version. */
  final Candidate candidate;

  private final String name;
  private final String bus;
  private volatile boolean departed;

  DriverEntry(VfioBusDriver<?> driver, int ranking, long age, Candidate candidate) {
    this.driver = driver;
    this.ranking = ranking;
    this.age = age;
    this.candidate = candidate;
    this.name = driver.name();
    this.bus = driver.bus();
  }

  String name() {
    return name;
  }

  String bus() {
    return bus;
  }

  void depart() {
    departed = true;
  }

  boolean hasDeparted() {
    return departed;
  }

  /** What it bids, 0 if it fails to say. */
  int bid(BusDevice device) {
    try {
      return Math.max(0, driver.bid(device));
    } catch (Throwable t) {
      Faults.of(t, toString(), "bidding for " + device.name());
      return 0;
    }
  }

  boolean canTake(BusDevice device) {
    try {
      return driver.canTake(device);
    } catch (Throwable t) {
      throw Faults.of(t, toString(), "asked whether it can take " + device.name());
    }
  }

  Binding<?> probe(BusDevice device, VfioDevice vfio) {
    return probe(driver, device, vfio);
  }

  private <D> Binding<D> probe(VfioBusDriver<D> typed, BusDevice device, VfioDevice vfio) {
    if (departed) {
      throw Errno.ENODEV.because("%s is going away", this);
    }
    try {
      return new Binding<>(this, typed, typed.probe(device, vfio));
    } catch (Throwable t) {
      throw Faults.of(t, toString(), "taking " + device.name());
    }
  }

  @Override
  public String toString() {
    return "driver " + name;
  }
}

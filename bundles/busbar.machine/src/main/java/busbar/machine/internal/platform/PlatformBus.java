package busbar.machine.internal.platform;

import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/** The devices of one bus that firmware describes, {@code platform} or {@code amba}. */
public final class PlatformBus implements Bus {
  private final String name;
  private final PhysicalMemory memory;
  private final List<BusListener> listeners = new CopyOnWriteArrayList<>();

  /** Listeners are told of one thing at a time. */
  private final ReentrantLock eventLock = new ReentrantLock();

  private volatile List<PlatformUnit> units;

  /** Devices that vanished with their models and come back with them. */
  private final List<PlatformUnit> lost = new ArrayList<>();

  /** The bus with its devices, whose registers it puts into physical memory. */
  public PlatformBus(String name, PhysicalMemory memory, List<PlatformUnit> units) {
    this.name = name;
    this.memory = memory;
    this.units = List.copyOf(units);
    units.forEach(unit -> unit.onLoss(this::lose));
    memory.addWindows(windows(this.units));
  }

  private static List<RegisterWindow> windows(List<PlatformUnit> units) {
    return units.stream().flatMap(unit -> unit.windows().stream()).toList();
  }

  /** The devices themselves. */
  public List<PlatformUnit> units() {
    return units;
  }

  private void lose(PlatformUnit unit) {
    eventLock.lock();
    try {
      if (!units.contains(unit)) {
        return;
      }
      units = units.stream().filter(each -> each != unit).toList();
      listeners.forEach(listener -> listener.vanished(unit));
      unit.leave();
      memory.removeWindows(unit.windows());
      lost.add(unit);
    } finally {
      eventLock.unlock();
    }
  }

  /** Models came: devices that were lost without them appear again, as after power-on. */
  public void regain(Set<String> models) {
    eventLock.lock();
    try {
      for (PlatformUnit gone : List.copyOf(lost)) {
        PlatformUnit again = models.contains(gone.model()) ? gone.remade() : null;
        if (again != null && again.host().hasModel()) {
          lost.remove(gone);
          again.onLoss(this::lose);
          memory.addWindows(again.windows());
          List<PlatformUnit> changed = new ArrayList<>(units);
          changed.add(again);
          units = List.copyOf(changed);
          listeners.forEach(listener -> listener.added(again));
        }
      }
    } finally {
      eventLock.unlock();
    }
  }

  /** The machine goes off: everything vanishes. */
  public void vanish() {
    eventLock.lock();
    try {
      List<PlatformUnit> all = units;
      units = List.of();
      lost.clear();
      for (PlatformUnit unit : all.reversed()) {
        unit.leave();
        listeners.forEach(listener -> listener.vanished(unit));
      }
      memory.removeWindows(windows(all));
      all.forEach(PlatformUnit::close);
    } finally {
      eventLock.unlock();
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<BusDevice> devices() {
    return List.copyOf(units);
  }

  @Override
  public void addListener(BusListener listener) {
    eventLock.lock();
    try {
      units.forEach(listener::added);
      listeners.add(listener);
    } finally {
      eventLock.unlock();
    }
  }

  @Override
  public void removeListener(BusListener listener) {
    listeners.remove(listener);
  }

  @Override
  public String toString() {
    return name;
  }
}

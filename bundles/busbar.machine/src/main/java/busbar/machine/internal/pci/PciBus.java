package busbar.machine.internal.pci;

import busbar.api.bus.Bus;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.memory.PhysicalMemory;
import busbar.api.pci.PciAddress;
import busbar.api.pci.PciDevice;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** All PCI functions of a machine, of all its domains. */
public final class PciBus implements Bus {
  static final String NAME = "pci";

  private final PhysicalMemory memory;
  private final ConcurrentSkipListMap<PciAddress, PciFunction> functions =
      new ConcurrentSkipListMap<>();
  private final List<BusListener> listeners = new CopyOnWriteArrayList<>();

  /** Functions that vanished with their models and come back with them. */
  private final List<PciFunction> lost = new CopyOnWriteArrayList<>();

  /** Listeners are told of one thing at a time. */
  private final ReentrantLock eventLock = new ReentrantLock();

  public PciBus(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** Puts the machine's functions on the bus, before anybody listens. */
  public void populate(Collection<PciFunction> found) {
    found.forEach(function -> functions.put(function.address(), function));
    memory.addWindows(
        found.stream().flatMap(function -> function.hardware().memoryWindows().stream()).toList());
  }

  /** A function appears. */
  void add(PciFunction function) {
    eventLock.lock();
    try {
      memory.addWindows(function.hardware().memoryWindows());
      functions.put(function.address(), function);
      listeners.forEach(listener -> listener.added(function));
    } finally {
      eventLock.unlock();
    }
  }

  /** A function is to leave: returns when everybody let go of it. */
  void remove(PciFunction function) {
    eventLock.lock();
    try {
      listeners.forEach(listener -> listener.removing(function));
      functions.remove(function.address());
      memory.removeWindows(function.hardware().memoryWindows());
    } finally {
      eventLock.unlock();
    }
  }

  /** A function vanishes, and its virtual ones with it, until there is a model for it again. */
  void lose(PciFunction function) {
    eventLock.lock();
    try {
      if (function.virtualFunctions() != null) {
        for (PciDevice each : function.virtualFunctions().virtualFunctions()) {
          vanish((PciFunction) each);
          VirtualFunctions.dissolveGroup((PciFunction) each);
        }
        forgetVirtual(function);
      }
      if (vanish(function)) {
        lost.add(function);
      }
    } finally {
      eventLock.unlock();
    }
  }

  private boolean vanish(PciFunction function) {
    if (!functions.remove(function.address(), function)) {
      return false;
    }
    listeners.forEach(listener -> listener.vanished(function));
    memory.removeWindows(function.hardware().memoryWindows());
    if (function.physical() != null) {
      function.physical().virtualFunctions().lost(function);
    }
    function.leave();
    return true;
  }

  /** Virtual functions that were lost do not come back: their physical one has none now. */
  void forgetVirtual(PciFunction physical) {
    for (PciFunction each : lost) {
      if (each.physical() == physical && lost.remove(each)) {
        VirtualFunctions.dissolveGroup(each);
      }
    }
  }

  /** Models came: functions that were lost without them appear again, as after power-on. */
  public void regain(Set<String> models) {
    eventLock.lock();
    try {
      for (PciFunction gone : lost) {
        if (models.contains(gone.host().model()) && !functions.containsKey(gone.address())) {
          PciFunction again = gone.remade();
          if (again.host().hasModel()) {
            lost.remove(gone);
            if (again.physical() != null) {
              again.physical().virtualFunctions().regained(again);
            }
            add(again);
          } else {
            again.leave();
          }
        }
      }
    } finally {
      eventLock.unlock();
    }
  }

  /**
   * The machine goes off: everything vanishes. That does not wait for long: a removal that is under
   * way may wait for a user who waits for this.
   */
  public void vanish() {
    boolean alone = awaitQuiet();
    try {
      lost.clear();
      List<PciFunction> all = List.copyOf(functions.values()).reversed();
      for (PciFunction function : all) {
        functions.remove(function.address());
        listeners.forEach(listener -> listener.vanished(function));
      }
      memory.removeWindows(
          all.stream().flatMap(function -> function.hardware().memoryWindows().stream()).toList());
      all.forEach(PciFunction::close);
    } finally {
      if (alone) {
        eventLock.unlock();
      }
    }
  }

  private boolean awaitQuiet() {
    try {
      return eventLock.tryLock(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The functions themselves. */
  public Collection<PciFunction> functions() {
    return functions.values();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<BusDevice> devices() {
    return List.copyOf(functions.values());
  }

  @Override
  public void addListener(BusListener listener) {
    eventLock.lock();
    try {
      functions.values().forEach(listener::added);
      listeners.add(listener);
    } finally {
      eventLock.unlock();
    }
  }

  @Override
  public void removeListener(BusListener listener) {
    listeners.remove(listener);
  }
}

package busbar.mdev;

import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.mdev.MdevType;
import busbar.mdev.MdevDevice.Life;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** The mediated devices of the bus and how they come and go, {@code mdev_core.c}. Any thread. */
final class Children {
  private static final System.Logger LOG = System.getLogger(Children.class.getName());

  private final Object listLock = new Object();

  /** Guarded by {@code listLock}: a device from before it is announced until after it has gone. */
  private final TreeMap<String, MdevDevice> byUuid = new TreeMap<>();

  /** Guarded by {@code listLock}: children by the name of their parents, for the limit. */
  private final Map<String, Integer> madeByName = new HashMap<>();

  private final List<BusListener> listeners = new CopyOnWriteArrayList<>();

  List<BusDevice> devices() {
    synchronized (listLock) {
      return List.copyOf(byUuid.values());
    }
  }

  List<MdevDevice> those(Predicate<MdevDevice> which) {
    synchronized (listLock) {
      return byUuid.values().stream().filter(which).toList();
    }
  }

  boolean has(String uuid) {
    synchronized (listLock) {
      return byUuid.containsKey(uuid);
    }
  }

  int madeBy(Parent<?> parent) {
    synchronized (listLock) {
      return parent.made;
    }
  }

  /** The children of all parents of that name: what a limit is about. */
  int madeUnder(String name) {
    synchronized (listLock) {
      return madeByName.getOrDefault(name, 0);
    }
  }

  /** Parents that have data for the device now; more than one while a swap goes on. */
  boolean isHeld(MdevDevice device) {
    synchronized (listLock) {
      return !device.holders.isEmpty();
    }
  }

  /** A parent made its data for the device. */
  void held(MdevDevice device, Parent<?> by) {
    synchronized (listLock) {
      device.holders.add(by);
    }
  }

  /**
   * A parent dropped its data for the device. If another one has some, that is the device's parent
   * now: a swap is done.
   */
  void letGo(MdevDevice device, Parent<?> by) {
    synchronized (listLock) {
      device.holders.remove(by);
      if (device.parent() == by && !device.holders.isEmpty()) {
        move(device, device.holders.getLast());
      }
    }
  }

  private static void move(MdevDevice device, Parent<?> to) {
    device.parent().made--;
    to.made++;
    device.movedTo(to);
  }

  void addListener(BusListener listener) {
    List<MdevDevice> present;
    synchronized (listLock) {
      listeners.add(listener);
      present = List.copyOf(byUuid.values());
    }
    // one that is made meanwhile is told by both sides, of which the second finds it done
    present.forEach(device -> device.tell(listener));
  }

  void removeListener(BusListener listener) {
    listeners.remove(listener);
    those(device -> true).forEach(device -> device.forget(listener));
  }

  /**
   * Makes a device and has it bound.
   *
   * @throws busbar.api.VfioException {@code EEXIST}, {@code EUSERS}, {@code ENODEV}, the parent's
   *     refusal
   */
  MdevDevice create(Parent<?> parent, MdevType type, String uuid) {
    int limit = parent.service().maxInstances();
    MdevDevice device = new MdevDevice(uuid, type, parent, this);
    synchronized (listLock) {
      if (byUuid.containsKey(uuid)) {
        throw Errno.EEXIST.because(
            "the mediated device %s exists already, made by %s",
            uuid, byUuid.get(uuid).parent().name());
      }
      int made = madeByName.getOrDefault(parent.name(), 0);
      if (limit > 0 && made >= limit) {
        throw Errno.EUSERS.because(
            "the parent %s has made all of its %d devices", parent.name(), limit);
      }
      parent.made++;
      madeByName.put(parent.name(), made + 1);
      byUuid.put(uuid, device);
    }
    try {
      parent.enter();
      try {
        bind(device);
      } finally {
        parent.exit();
      }
    } catch (RuntimeException e) {
      drop(device);
      throw e;
    }
    return device;
  }

  /**
   * Puts a device on the bus that was on the one before, where it may be in use: nobody asks
   * whether it gets bound. One that is there already stays as it is.
   */
  void showAgain(Parent<?> parent, MdevType type, String uuid) {
    MdevDevice device = new MdevDevice(uuid, type, parent, this);
    synchronized (listLock) {
      if (byUuid.putIfAbsent(uuid, device) != null) {
        return;
      }
      parent.made++;
      madeByName.merge(parent.name(), 1, Integer::sum);
      device.life = Life.ACTIVE;
    }
    listeners.forEach(device::tell);
  }

  private void bind(MdevDevice device) {
    if (device.parent().presence != Parent.Presence.HERE) {
      throw device.parent().leaving();
    }
    try {
      listeners.forEach(device::tell);
      device.checkBound();
    } catch (RuntimeException e) {
      tellThatItGoes(device);
      throw e;
    }
    synchronized (listLock) {
      device.life = Life.ACTIVE;
    }
  }

  /**
   * Removes a device: returns when its user has let go.
   *
   * @throws busbar.api.VfioException {@code ENODEV}, {@code EAGAIN}
   */
  void remove(String uuid) {
    MdevDevice device;
    synchronized (listLock) {
      device = byUuid.get(uuid);
      if (device == null) {
        throw Errno.ENODEV.because("there is no mediated device %s", uuid);
      }
      if (device.life != Life.ACTIVE) {
        throw Errno.EAGAIN.because("the mediated device %s is %s", uuid, device.life);
      }
      device.life = Life.REMOVING;
    }
    // not inside any more when the parent leaves: its removal of all children then has this one,
    // too
    Parent<?> parent = device.parent();
    parent.enter();
    try {
      withdraw(device);
    } finally {
      parent.exit();
    }
  }

  /**
   * Removes all children of a parent that nobody can enter any more, each on a thread of its own.
   */
  void removeAll(Parent<?> parent) {
    List<Thread> removals = new ArrayList<>();
    for (MdevDevice device : those(device -> device.parent() == parent)) {
      synchronized (listLock) {
        device.life = Life.REMOVING;
      }
      removals.add(
          Thread.ofVirtual().name("busbar-mdev-remove-" + device).start(() -> withdraw(device)));
    }
    removals.forEach(Children::join);
  }

  /** The machine is off: what it had is gone without being asked. */
  void vanish(String uuid) {
    MdevDevice device;
    synchronized (listLock) {
      device = byUuid.get(uuid);
      if (device == null || device.life != Life.ACTIVE) {
        return;
      }
      device.life = Life.REMOVING;
    }
    device.stopTelling().forEach(listener -> safely(device, () -> listener.vanished(device)));
    drop(device);
  }

  /** Moves the children of a parent to its successor, those that the successor can make. */
  void adopt(Parent<?> before, Parent<?> successor) {
    synchronized (listLock) {
      for (MdevDevice device : byUuid.values()) {
        if (device.parent() == before && successor.has(device.type())) {
          move(device, successor);
        }
      }
    }
  }

  private void withdraw(MdevDevice device) {
    tellThatItGoes(device);
    drop(device);
  }

  private void drop(MdevDevice device) {
    synchronized (listLock) {
      if (byUuid.remove(device.name(), device)) {
        device.parent().made--;
        madeByName.merge(device.parent().name(), -1, Integer::sum);
      }
    }
  }

  private static void tellThatItGoes(MdevDevice device) {
    device.stopTelling().forEach(listener -> safely(device, () -> listener.removing(device)));
  }

  /** A listener that fails keeps no device on the bus. */
  private static void safely(MdevDevice device, Runnable telling) {
    try {
      telling.run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "A listener failed to let " + device + " go", e);
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

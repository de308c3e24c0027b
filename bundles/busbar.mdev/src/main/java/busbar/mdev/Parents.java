package busbar.mdev;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.VfioBusDriver;
import busbar.api.mdev.MdevParent;
import busbar.api.time.Timing;
import busbar.mdev.Parent.Presence;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The parents that are there, those that are awaited back, and those that wait behind another of
 * their name. Called by the threads that register and unregister services.
 *
 * <p>A parent whose service goes is awaited for a while, since an update of its bundle ends one
 * service and begins another: its children stay on the bus, and the core asks their new driver to
 * take them over.
 */
final class Parents {
  private static final System.Logger LOG = System.getLogger(Parents.class.getName());

  /** Makes a driver known to the core. */
  @FunctionalInterface
  interface Drivers {
    /** Returns what takes it back. */
    Runnable offer(VfioBusDriver<?> driver, Map<String, Object> properties);
  }

  private final Object parentsLock = new Object();

  /** Guarded by {@code parentsLock}: at most one of a name, in any presence. */
  private final Map<String, Parent<?>> byName = new TreeMap<>();

  /** Guarded by {@code parentsLock}: further services of a name that is taken, first come first. */
  private final Map<String, List<Parent<?>>> standby = new HashMap<>();

  private final Children children;
  private final Drivers drivers;
  private final Timing timing;
  private volatile long graceNanos;

  Parents(Children children, Drivers drivers, Timing timing, long graceMillis) {
    this.children = children;
    this.drivers = drivers;
    this.timing = timing;
    setGraceMillis(graceMillis);
  }

  /** Holds for parents that go from now on. */
  void setGraceMillis(long graceMillis) {
    graceNanos = TimeUnit.MILLISECONDS.toNanos(graceMillis);
  }

  /** The parents that can make children. */
  Collection<Parent<?>> here() {
    synchronized (parentsLock) {
      return byName.values().stream().filter(p -> p.presence == Presence.HERE).toList();
    }
  }

  /** {@code ENOENT} if there is none of that name, also none that goes or is awaited. */
  Parent<?> named(String name) {
    Parent<?> parent;
    synchronized (parentsLock) {
      parent = byName.get(name);
    }
    if (parent == null) {
      throw Errno.ENOENT.because("there is no mediated parent %s", name);
    }
    return parent;
  }

  boolean isHere(String name) {
    synchronized (parentsLock) {
      Parent<?> parent = byName.get(name);
      return parent != null && parent.presence == Presence.HERE;
    }
  }

  /**
   * A service came.
   *
   * @param ready runs when the parent can make children
   */
  void add(MdevParent<?> service, Map<String, Object> properties, Consumer<Parent<?>> ready) {
    try {
      Parent<?> parent = new Parent<>(service, properties);
      if (!queue(parent)) {
        arrive(parent);
        ready.accept(parent);
      }
    } catch (VfioException e) {
      LOG.log(System.Logger.Level.ERROR, "A mediated parent is refused: {0}", e.because());
    }
  }

  /** Puts the parent behind one of its name that is here. */
  private boolean queue(Parent<?> parent) {
    synchronized (parentsLock) {
      Parent<?> other = byName.get(parent.name());
      boolean taken = other != null && other.presence == Presence.HERE;
      if (taken) {
        standby.computeIfAbsent(parent.name(), name -> new ArrayList<>()).add(parent);
        LOG.log(
            System.Logger.Level.INFO,
            "A second parent {0} waits until the first one leaves",
            parent.name());
      }
      return taken;
    }
  }

  private void arrive(Parent<?> parent) {
    Parent<?> before;
    boolean succeeds;
    synchronized (parentsLock) {
      before = byName.put(parent.name(), parent);
      succeeds = before != null && before.presence == Presence.AWAITED;
      if (succeeds) {
        before.presence = Presence.SUCCEEDED;
        before.grace.cancel();
      }
    }
    if (succeeds) {
      children.adopt(before, parent);
    }
    // after the adoption: the core asks at once which devices the driver wants
    parent.offered(drivers.offer(parent.driver(), driverProperties(parent)));
    if (parent.presence != Presence.HERE) {
      // it went meanwhile, and whoever saw it go found nothing to take back
      parent.withdrawDriver();
    }
    if (succeeds && children.madeBy(before) > 0) {
      removeOrphans(before);
    }
  }

  private static Map<String, Object> driverProperties(Parent<?> parent) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(VfioBusDriver.BUS, MdevDevice.BUS);
    properties.put(VfioBusDriver.MATCH, String.join(", ", parent.typeNames()));
    for (String passedOn : List.of(VfioBusDriver.VERSION, "service.ranking")) {
      Object value = parent.properties().get(passedOn);
      if (value != null) {
        properties.put(passedOn, value);
      }
    }
    return properties;
  }

  /**
   * A service went. The children stay until a successor comes or the grace period ends. Without a
   * grace period it is as in Linux: this returns when the users of all children have let go.
   *
   * @param ready runs when a parent that waited behind it can make children
   */
  void remove(MdevParent<?> service, Consumer<Parent<?>> ready) {
    Parent<?> parent = null;
    Parent<?> next = null;
    synchronized (parentsLock) {
      standby.values().forEach(list -> list.removeIf(waiting -> waiting.service() == service));
      for (Parent<?> one : byName.values()) {
        if (one.service() == service && one.presence == Presence.HERE) {
          parent = one;
          parent.presence = Presence.AWAITED;
          List<Parent<?>> waiting = standby.getOrDefault(parent.name(), List.of());
          next = waiting.isEmpty() ? null : waiting.removeFirst();
        }
      }
    }
    if (parent == null) {
      return;
    }
    if (next == null && graceNanos == 0) {
      expire(parent);
      parent.withdrawDriver();
      return;
    }
    parent.withdrawDriver();
    if (next != null) {
      arrive(next);
      ready.accept(next);
      return;
    }
    Parent<?> awaited = parent;
    Timing.Timer timer = timing.schedule(graceNanos, () -> expire(awaited));
    synchronized (parentsLock) {
      parent.grace = timer;
    }
  }

  private void expire(Parent<?> parent) {
    synchronized (parentsLock) {
      if (parent.presence != Presence.AWAITED) {
        return;
      }
      parent.presence = Presence.LEAVING;
    }
    removeAll(parent);
    synchronized (parentsLock) {
      byName.remove(parent.name(), parent);
    }
  }

  /** Children of a type that the successor does not make. */
  private void removeOrphans(Parent<?> parent) {
    Thread.ofVirtual().name("busbar-mdev-orphans").start(() -> removeAll(parent));
  }

  private void removeAll(Parent<?> parent) {
    int left = children.madeBy(parent);
    if (left > 0) {
      LOG.log(
          System.Logger.Level.INFO,
          "The parent {0} is gone: its {1} devices are removed as their users let go",
          parent.name(),
          left);
    }
    parent.exclusively(() -> children.removeAll(parent));
  }

  /** The bus goes: takes back every driver; the children are the core's to let go. */
  void close() {
    List<Parent<?>> all;
    synchronized (parentsLock) {
      all = List.copyOf(byName.values());
      all.forEach(parent -> parent.presence = Presence.SUCCEEDED);
      byName.clear();
      standby.clear();
    }
    for (Parent<?> parent : all) {
      parent.grace.cancel();
      parent.withdrawDriver();
    }
  }
}

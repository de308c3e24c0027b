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
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The parents that are there, and those that are awaited back. Called by the threads that register
 * and unregister services.
 *
 * <p>There may be several of a name, two versions of one bundle, say. The core knows all of them as
 * drivers, and can swap a child from one to another; the one that came first makes new children.
 * When one goes, another of its name gets its children at once.
 *
 * <p>The last one of a name is awaited for a while, since an update of its bundle ends one service
 * and begins another: its children stay on the bus, the core keeps those in use waiting, and asks
 * the new driver to take them over.
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

  /** Guarded by {@code parentsLock}: all of a name, first come first, none of them succeeded. */
  private final Map<String, List<Parent<?>>> byName = new TreeMap<>();

  private final Children children;
  private final Drivers drivers;
  private final Timing timing;
  private final LongSupplier coreGraceMillis;
  private volatile long graceMillis;

  /**
   * @param coreGraceMillis how long the core keeps devices in use for a successor of their driver:
   *     no child is removed earlier
   */
  Parents(
      Children children,
      Drivers drivers,
      Timing timing,
      LongSupplier coreGraceMillis,
      long graceMillis) {
    this.children = children;
    this.drivers = drivers;
    this.timing = timing;
    this.coreGraceMillis = coreGraceMillis;
    this.graceMillis = graceMillis;
  }

  /** Holds for parents that go from now on. */
  void setGraceMillis(long millis) {
    graceMillis = millis;
  }

  /** The parents that make children: of each name the first one that is here. */
  Collection<Parent<?>> here() {
    synchronized (parentsLock) {
      List<Parent<?>> here = new ArrayList<>();
      byName.values().forEach(all -> firstHere(all).ifPresent(here::add));
      return here;
    }
  }

  private static Optional<Parent<?>> firstHere(List<Parent<?>> all) {
    return all.stream().<Parent<?>>map(one -> one).filter(Parents::isHere).findFirst();
  }

  private static boolean isHere(Parent<?> parent) {
    return parent.presence == Presence.HERE;
  }

  /** {@code ENOENT} if there is none of that name, also none that goes or is awaited. */
  Parent<?> named(String name) {
    synchronized (parentsLock) {
      List<Parent<?>> all = byName.getOrDefault(name, List.of());
      if (all.isEmpty()) {
        throw Errno.ENOENT.because("there is no mediated parent %s", name);
      }
      return firstHere(all).orElse(all.getLast());
    }
  }

  boolean isHere(String name) {
    synchronized (parentsLock) {
      return firstHere(byName.getOrDefault(name, List.of())).isPresent();
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
      if (arrive(parent)) {
        ready.accept(parent);
      } else {
        LOG.log(
            System.Logger.Level.INFO,
            "Another parent {0} is there: devices can be swapped to it",
            parent.name());
      }
    } catch (VfioException e) {
      LOG.log(System.Logger.Level.ERROR, "A mediated parent is refused: {0}", e.because());
    }
  }

  /** Returns whether it makes the children of its name. */
  private boolean arrive(Parent<?> parent) {
    Parent<?> before = null;
    boolean leads;
    synchronized (parentsLock) {
      List<Parent<?>> all = byName.computeIfAbsent(parent.name(), name -> new ArrayList<>());
      leads = firstHere(all).isEmpty();
      for (Parent<?> one : all) {
        before = one.presence == Presence.AWAITED ? one : before;
      }
      if (before != null) {
        before.presence = Presence.SUCCEEDED;
        before.grace.cancel();
        all.remove(before);
      }
      all.add(parent);
    }
    if (before != null) {
      children.adopt(before, parent);
    }
    // after the adoption: the core asks at once which devices the driver wants
    parent.offered(drivers.offer(parent.driver(), driverProperties(parent)));
    if (parent.presence != Presence.HERE) {
      // it went meanwhile, and whoever saw it go found nothing to take back
      parent.withdrawDriver();
    }
    if (before != null) {
      removeOrphans(before);
    }
    return leads;
  }

  private static Map<String, Object> driverProperties(Parent<?> parent) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(VfioBusDriver.BUS, MdevDevice.BUS);
    properties.put(VfioBusDriver.MATCH, String.join(", ", parent.typeNames()));
    if (parent.properties().get("service.bundleid") instanceof Long provider) {
      properties.put(VfioBusDriver.PROVIDER, provider);
    }
    for (String passedOn : List.of(VfioBusDriver.VERSION, "service.ranking")) {
      Object value = parent.properties().get(passedOn);
      if (value != null) {
        properties.put(passedOn, value);
      }
    }
    return properties;
  }

  /**
   * A service went. The children go to another parent of the name; if there is none, they stay
   * until one comes or the grace period ends. Without a grace period it is as in Linux: this
   * returns when the users of all children have let go.
   *
   * @param ready runs when another parent makes the children of the name from now on
   */
  void remove(MdevParent<?> service, Consumer<Parent<?>> ready) {
    Parent<?> parent;
    Parent<?> next;
    boolean led;
    synchronized (parentsLock) {
      parent = hereWith(service);
      if (parent == null) {
        return;
      }
      List<Parent<?>> all = byName.get(parent.name());
      led = firstHere(all).orElseThrow() == parent;
      parent.presence = Presence.AWAITED;
      next = firstHere(all).orElse(null);
      if (next != null) {
        parent.presence = Presence.SUCCEEDED;
        all.remove(parent);
      }
    }
    if (next != null) {
      // before the driver goes: the core looks at once who else wants its devices
      children.adopt(parent, next);
      parent.withdrawDriver();
      removeOrphans(parent);
      if (led) {
        ready.accept(next);
      }
    } else if (graceMillis == 0) {
      expire(parent);
      parent.withdrawDriver();
    } else {
      parent.withdrawDriver();
      await(parent);
    }
  }

  private Parent<?> hereWith(MdevParent<?> service) {
    for (List<Parent<?>> all : byName.values()) {
      for (Parent<?> one : all) {
        if (one.service() == service && isHere(one)) {
          return one;
        }
      }
    }
    return null;
  }

  /**
   * A child in use is kept by the core for its own grace period: to remove it earlier would end
   * what the core bridges.
   */
  private void await(Parent<?> parent) {
    long millis = Math.max(graceMillis, coreGraceMillis.getAsLong());
    Timing.Timer timer =
        timing.schedule(TimeUnit.MILLISECONDS.toNanos(millis), () -> expire(parent));
    boolean over;
    synchronized (parentsLock) {
      parent.grace = timer;
      over = parent.presence != Presence.AWAITED;
    }
    if (over) {
      timer.cancel();
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
      List<Parent<?>> all = byName.getOrDefault(parent.name(), new ArrayList<>());
      all.remove(parent);
      if (all.isEmpty()) {
        byName.remove(parent.name());
      }
    }
  }

  /** Children of a type that the successor does not make. */
  private void removeOrphans(Parent<?> parent) {
    if (children.madeBy(parent) == 0) {
      return;
    }
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
      all = byName.values().stream().<Parent<?>>flatMap(List::stream).toList();
      all.forEach(parent -> parent.presence = Presence.SUCCEEDED);
      byName.clear();
    }
    for (Parent<?> parent : all) {
      parent.grace.cancel();
      parent.withdrawDriver();
    }
  }
}

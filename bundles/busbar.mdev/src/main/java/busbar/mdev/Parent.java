package busbar.mdev;

import busbar.api.Errno;
import busbar.api.device.VfioBusDriver;
import busbar.api.mdev.MdevAdmin.TypeView;
import busbar.api.mdev.MdevParent;
import busbar.api.mdev.MdevType;
import busbar.api.time.Timing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A parent on the bus, {@code struct mdev_parent}: the service, its types, and whether children may
 * come and go.
 *
 * @param <D> the parent's data of one child
 */
final class Parent<D> {
  /** Whether the parent is there; guarded by the lock of {@link Parents}. */
  enum Presence {
    HERE,
    /** Its service is gone; the children wait for a successor. */
    AWAITED,
    /** No successor came: the children go. */
    LEAVING,
    /** Its service is gone, and another parent of its name has the children. */
    SUCCEEDED
  }

  private final MdevParent<D> service;
  private final String name;
  private final String path;
  private final String deviceApi;
  private final List<MdevType> types;
  private final Map<String, Object> properties;
  private final ParentDriver<D> driver;

  /** Read by who makes or removes a child, written by who removes all ({@code unreg_sem}). */
  private final ReentrantReadWriteLock unregistering = new ReentrantReadWriteLock();

  private final AtomicReference<Runnable> withdrawal = new AtomicReference<>(() -> {});

  volatile Presence presence = Presence.HERE;
  Timing.Timer grace = () -> true;

  /** Its children, in any state; guarded by the list's lock. */
  int made;

  /**
   * @throws busbar.api.VfioException {@code EINVAL} if the parent leaves out or doubles what it has
   *     to say
   */
  Parent(MdevParent<D> service, Map<String, Object> properties) {
    this.service = service;
    this.name = said(service.name(), "name", service);
    this.path = said(service.path(), "path", service);
    this.deviceApi = said(service.deviceApi(), "device API", service);
    this.types = List.copyOf(service.types());
    this.properties = Map.copyOf(properties);
    this.driver = new ParentDriver<>(this);
    Set<String> names = new HashSet<>();
    for (MdevType type : types) {
      if (!type.name().startsWith(name + "-") || !names.add(type.name())) {
        throw Errno.EINVAL.because(
            "parent %s: the type \"%s\" is there twice or does not begin with \"%s-\"",
            name, type.name(), name);
      }
    }
    if (types.isEmpty()) {
      throw Errno.EINVAL.because("parent %s has no types", name);
    }
  }

  private static String said(String text, String what, MdevParent<?> service) {
    if (text == null || text.isBlank()) {
      throw Errno.EINVAL.because("the parent %s has no %s", service.getClass().getName(), what);
    }
    return text;
  }

  MdevParent<D> service() {
    return service;
  }

  String name() {
    return name;
  }

  VfioBusDriver<D> driver() {
    return driver;
  }

  /** The core knows the driver. */
  void offered(Runnable withdraw) {
    withdrawal.set(withdraw);
  }

  /** Takes the driver back, once. */
  void withdrawDriver() {
    withdrawal.getAndSet(() -> {}).run();
  }

  Map<String, Object> properties() {
    return properties;
  }

  /** By name: another version may describe a type in other words. */
  boolean has(MdevType type) {
    return types.stream().anyMatch(own -> own.name().equals(type.name()));
  }

  List<String> typeNames() {
    return types.stream().map(MdevType::name).toList();
  }

  /** {@code ENOENT} if it has no type of that name. */
  MdevType type(String typeName) {
    return types.stream()
        .filter(type -> type.name().equals(typeName))
        .findFirst()
        .orElseThrow(
            () -> Errno.ENOENT.because("parent %s makes %s, not %s", name, typeNames(), typeName));
  }

  /**
   * What the parent makes, as sysfs shows it.
   *
   * @param madeNow children of all parents of its name
   */
  List<TypeView> views(int madeNow) {
    int max = service.maxInstances();
    List<TypeView> views = new ArrayList<>();
    for (MdevType type : types) {
      int left = max > 0 ? Math.max(0, max - madeNow) : service.availableInstances(type);
      views.add(new TypeView(name, path, type, deviceApi, left));
    }
    return views;
  }

  /**
   * Goes in to make or remove a child; {@link #exit} has to follow on the same thread.
   *
   * @throws busbar.api.VfioException {@code ENODEV} if all children are being removed
   */
  void enter() {
    if (!unregistering.readLock().tryLock()) {
      throw leaving();
    }
    if (presence == Presence.LEAVING) {
      exit();
      throw leaving();
    }
  }

  void exit() {
    unregistering.readLock().unlock();
  }

  RuntimeException leaving() {
    return Errno.ENODEV.because("the parent %s is going away", name);
  }

  /** Runs an action when nobody is inside and while nobody can come in. */
  void exclusively(Runnable action) {
    unregistering.writeLock().lock();
    try {
      action.run();
    } finally {
      unregistering.writeLock().unlock();
    }
  }
}

package busbar.mdev;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import busbar.api.iommu.IommuGroup;
import busbar.api.mdev.MdevType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** A mediated device on the bus, {@code struct mdev_device}. */
final class MdevDevice implements BusDevice {
  static final String BUS = "mdev";

  /** From the first try to make it until it is off the list; guarded by the list's lock. */
  enum Life {
    MAKING,
    ACTIVE,
    REMOVING
  }

  private final String uuid;
  private final ReentrantLock telling = new ReentrantLock();

  /** Guarded by {@code telling}: who knows of the device. */
  private final List<BusListener> told = new ArrayList<>();

  /** Guarded by {@code telling}: nobody is to learn of it any more. */
  private boolean going;

  /** Written with the list's lock held. */
  Life life = Life.MAKING;

  /** Guarded by the list's lock: who has data for it, oldest first. */
  final List<Parent<?>> holders = new ArrayList<>();

  private final Children children;
  private volatile MdevType type;
  private volatile Parent<?> parent;
  private volatile VfioException refusal;
  private volatile boolean probed;

  MdevDevice(String uuid, MdevType type, Parent<?> parent, Children children) {
    this.uuid = uuid;
    this.type = type;
    this.parent = parent;
    this.children = children;
  }

  @Override
  public String bus() {
    return BUS;
  }

  @Override
  public String name() {
    return uuid;
  }

  @Override
  public String summary() {
    return parent.name() + " " + type.name() + ", " + type.prettyName();
  }

  /** A mediated device has no IOMMU of its own: the core makes an emulated group for it. */
  @Override
  public Optional<IommuGroup> iommuGroup() {
    return Optional.empty();
  }

  @Override
  public boolean isEmulated() {
    return true;
  }

  MdevType type() {
    return type;
  }

  Parent<?> parent() {
    return parent;
  }

  /** Another parent of the name has the device, and a type of that name; with the list's lock. */
  void movedTo(Parent<?> successor) {
    parent = successor;
    type = successor.type(type.name());
  }

  /** Tells a listener of the device, once, and never after it began to go. */
  void tell(BusListener listener) {
    telling.lock();
    try {
      if (!going && !told.contains(listener)) {
        told.add(listener);
        listener.added(this);
      }
    } finally {
      telling.unlock();
    }
  }

  void forget(BusListener listener) {
    telling.lock();
    try {
      told.remove(listener);
    } finally {
      telling.unlock();
    }
  }

  /**
   * Nobody new is told from now on; returns who has to be told that it goes, to the first who asks.
   */
  List<BusListener> stopTelling() {
    telling.lock();
    try {
      List<BusListener> audience = going ? List.of() : List.copyOf(told);
      going = true;
      return audience;
    } finally {
      telling.unlock();
    }
  }

  /** A parent made its data for the device. */
  void bound(Parent<?> by) {
    children.held(this, by);
    probed = true;
    refusal = null;
  }

  /** A parent's data is dropped. */
  void unbound(Parent<?> by) {
    children.letGo(this, by);
  }

  boolean isBound() {
    return children.isHeld(this);
  }

  /**
   * The parent would not make its data.
   *
   * @param why without a trace of the parent's code, which it would keep in memory
   */
  void refused(VfioException why) {
    probed = true;
    refusal = why;
  }

  /**
   * After everybody was told: whether the device can stay. It can if it is bound, and also if
   * nobody tried to bind it, because the core is not there yet.
   *
   * @throws VfioException the parent's refusal, {@code ENODEV} if the core gave it back
   */
  void checkBound() {
    if (!probed || isBound()) {
      return;
    }
    if (refusal != null) {
      throw refusal;
    }
    throw Errno.ENODEV.because("the core gave %s back to its parent %s", uuid, parent.name());
  }

  @Override
  public String toString() {
    return uuid;
  }
}

package busbar.registry;

import busbar.api.Errno;
import busbar.api.admin.Explanation.Finding;
import busbar.api.bus.BusDevice;
import busbar.api.bus.BusListener;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A device of a bus as the core knows it, with or without a driver. */
final class DeviceEntry {
  /** What has the device. */
  sealed interface Bound {
    String driverName();
  }

  /** A bus driver of VFIO. */
  record VfioBound(DriverEntry driver, DeviceObject object) implements Bound {
    @Override
    public String driverName() {
      return driver.name();
    }
  }

  /** A driver of the host, with the group that it owns, if it owns one. */
  record HostBound(HostEntry driver, Ownership owned) implements Bound {
    @Override
    public String driverName() {
      return driver.name();
    }
  }

  /** Another object for the same device once its bus has been replaced. */
  volatile BusDevice device;

  /** Who heard of it: one for each bus; {@code null} while the bus is awaited back. */
  volatile BusListener listener;

  /**
   * The right to bind or unbind the device, one at a time. Not a lock: a removal that waits for a
   * user keeps it although the thread that began it may have gone.
   */
  private final Semaphore turn = new Semaphore(1, true);

  private volatile Bound bound;
  private volatile String override;
  private volatile boolean automatic = true;
  private volatile String lostDriver;
  private volatile boolean gone;
  private volatile boolean removing;

  /** A driver is in a step of a swap, which may have been given up because it hangs. */
  private volatile boolean hanging;

  /** Its driver is gone and a successor is awaited. */
  private volatile Hold hold;

  private volatile String because = "no driver has asked for it";
  private volatile List<Finding> lastBinding = List.of();

  DeviceEntry(BusDevice device, BusListener listener) {
    this.device = device;
    this.listener = listener;
    this.override = device.preferredDriver().orElse(null);
  }

  String name() {
    return device.name();
  }

  Bound bound() {
    return bound;
  }

  void setBound(Bound bound) {
    this.bound = bound;
  }

  /** Its {@code driver_override}; {@code null} if it has none. */
  String override() {
    return override;
  }

  void setOverride(String name) {
    override = name == null || name.isEmpty() ? null : name;
  }

  /** Whether it is bound as drivers come, until somebody unbinds it by hand. */
  boolean isAutomatic() {
    return automatic;
  }

  void setAutomatic(boolean automatic) {
    this.automatic = automatic;
  }

  /** The driver that had it until that one's service went; {@code null} if none. */
  String lostDriver() {
    return lostDriver;
  }

  void setLostDriver(String name) {
    lostDriver = name;
  }

  boolean isGone() {
    return gone;
  }

  void setGone() {
    gone = true;
  }

  boolean isRemoving() {
    return removing;
  }

  void setRemoving(boolean removing) {
    this.removing = removing;
  }

  boolean isHanging() {
    return hanging;
  }

  void setHanging(boolean hanging) {
    this.hanging = hanging;
  }

  /** Its bus went, and may come back. */
  void orphan() {
    listener = null;
  }

  boolean isOrphan() {
    return listener == null;
  }

  /** The next version of its bus shows it. */
  void shownBy(BusDevice again, BusListener by) {
    if (bound instanceof VfioBound vfio) {
      vfio.object().shownAs(again);
    }
    device = again;
    listener = by;
  }

  /** What waits for a successor of its driver; {@code null} if nothing does. */
  Hold hold() {
    return hold;
  }

  void setHold(Hold hold) {
    this.hold = hold;
  }

  /** Why it is unbound. */
  String because() {
    return because;
  }

  void explain(String sentence, List<Finding> findings) {
    because = sentence;
    lastBinding = List.copyOf(findings);
  }

  /** Who was asked when it was last to be bound, and what each answered. */
  List<Finding> lastBinding() {
    return lastBinding;
  }

  /** Waits for the right to bind or unbind. {@code EINTR} if interrupted. */
  void takeTurn() {
    try {
      turn.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errno.EINTR.because("interrupted while another change of %s was under way", name());
    }
  }

  /** As {@link #takeTurn}, but gives up on who holds it for too long. */
  boolean tryTurn(long nanos) {
    try {
      return turn.tryAcquire(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return turn.tryAcquire();
    }
  }

  void takeTurnUninterruptibly() {
    turn.acquireUninterruptibly();
  }

  void giveTurn() {
    turn.release();
  }

  @Override
  public String toString() {
    return "device " + name();
  }
}

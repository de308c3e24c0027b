package busbar.model.virtio;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceTimer;
import busbar.machine.model.ModelContext;
import busbar.model.virtio.RingAccess.BrokenRingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What every virtio device has whatever its transport: status, features, queues, and the task that
 * works them off (virtio 1.2, sections 2 and 3).
 *
 * <p>Any thread. Methods of state are called with {@link #deviceLock}; the task takes it for
 * registers and has no lock during DMA and interrupts.
 */
final class VirtioCore {
  /** Tells the driver something; called without a lock. */
  interface Notifier {
    /** A queue has used buffers. */
    void queueUsed(int vector);

    /** The device's status changed by itself. */
    void configurationChanged();
  }

  static final int STATUS_DRIVER_OK = 4;
  static final int STATUS_FEATURES_OK = 8;
  static final int STATUS_NEEDS_RESET = 0x40;

  static final long INDIRECT_DESCRIPTORS = 1L << 28;
  static final long EVENT_INDEX = 1L << 29;
  static final long VERSION_1 = 1L << 32;

  /** Memory is reached through the platform's IOMMU, with the addresses that it translates. */
  static final long ACCESS_PLATFORM = 1L << 33;

  static final long QUEUE_RESET = 1L << 40;

  private static final int NO_INTERRUPT = 1;

  /** Guards status, features and queues, and the transport's own registers. */
  final ReentrantLock deviceLock = new ReentrantLock();

  private final ModelContext context;
  private final VirtioBackend backend;
  private final Notifier notifier;
  private final DeviceTimer timer;
  private final List<Virtqueue> queues = new ArrayList<>();
  private int status;
  private long driverFeatures;
  private boolean working;

  /** What the status reads as while a chain from before a reset is still under way, else 0. */
  private int lingeringStatus;

  /** The task is to stop between two chains, to be gone on with later. */
  private volatile boolean pausing;

  VirtioCore(ModelContext context, VirtioBackend backend, Notifier notifier) {
    this.context = context;
    this.backend = backend;
    this.notifier = notifier;
    timer = new DeviceTimer(context.timing(), this::work);
    for (int largest : backend.queueSizes()) {
      queues.add(new Virtqueue(queues.size(), largest));
    }
  }

  long offeredFeatures() {
    return backend.features()
        | INDIRECT_DESCRIPTORS
        | EVENT_INDEX
        | VERSION_1
        | ACCESS_PLATFORM
        | QUEUE_RESET;
  }

  int deviceType() {
    return backend.deviceType();
  }

  int queueCount() {
    return queues.size();
  }

  /** The queue with that number, {@code null} if the device has none. */
  Virtqueue queue(int index) {
    return index < queues.size() ? queues.get(index) : null;
  }

  /** What the driver reads: zero only when nothing from before a reset is under way any more. */
  int status() {
    return lingeringStatus != 0 ? lingeringStatus : status;
  }

  /** One half of a set of features; the halves that no feature is in are zero. */
  static int half(long features, int selector) {
    return selector == 0 ? (int) features : selector == 1 ? (int) (features >>> 32) : 0;
  }

  int driverFeatures(int selector) {
    return half(driverFeatures, selector);
  }

  void acceptFeatures(int selector, int bits) {
    if ((status & STATUS_FEATURES_OK) == 0 && selector <= 1 && selector >= 0) {
      long mask = 0xffff_ffffL << (32 * selector);
      driverFeatures = driverFeatures & ~mask | Integer.toUnsignedLong(bits) << (32 * selector);
    }
  }

  /**
   * The driver writes its status: zero resets, features are agreed on only if the device has them.
   */
  void writeStatus(int value) {
    if (value == 0) {
      if (working) {
        lingeringStatus = status();
      }
      resetState();
      return;
    }
    int wanted = value & 0xff | status & STATUS_NEEDS_RESET;
    boolean agreed =
        (driverFeatures & ~offeredFeatures()) == 0 && (driverFeatures & VERSION_1) != 0;
    status = agreed ? wanted : wanted & ~STATUS_FEATURES_OK;
    if ((status & STATUS_DRIVER_OK) != 0) {
      timer.start(0); // buffers may be there already
    }
  }

  /** Forgets everything; a task under way finds its rings gone. */
  void resetState() {
    timer.cancel();
    status = 0;
    driverFeatures = 0;
    queues.forEach(Virtqueue::reset);
  }

  /** The driver has put buffers into a queue. */
  void notified(int index) {
    if (queue(index) != null) {
      timer.start(0);
    }
  }

  private void work() {
    for (int index = 0; index < queues.size(); index++) {
      Virtqueue.View view = viewIfLive(index);
      if (view != null) {
        try {
          work(view, new RingAccess(context.dma(), view));
        } catch (BrokenRingException e) {
          fail(view, e);
        }
      }
    }
    deviceLock.lock();
    try {
      working = false;
      lingeringStatus = 0;
    } finally {
      deviceLock.unlock();
    }
  }

  private void work(Virtqueue.View view, RingAccess rings) throws BrokenRingException {
    Position position = position(view);
    while (position != null) {
      if (rings.availableIndex() == (position.taken() & 0xffff)) {
        if (!position.eventIndex()) {
          return;
        }
        rings.setAvailableEvent(position.taken());
        if (rings.availableIndex() == (position.taken() & 0xffff)) {
          return; // the driver notifies from here on
        }
      }
      int head = rings.head(position.taken());
      long written = backend.handle(view.index(), rings.chain(head), context.dma());
      if (written < 0) {
        throw new BrokenRingException("the device cannot reach a buffer");
      }
      boolean current = advance(view);
      if (current) {
        rings.giveBack(position.taken(), head, written);
        interrupt(view, rings, position);
      }
      if (current && pausing) {
        timer.start(0);
        return;
      }
      position = position(view);
    }
  }

  /**
   * Where a queue stands.
   *
   * @param eventIndex whether positions say who wants to be notified, not flags
   */
  private record Position(int taken, boolean eventIndex) {}

  private Virtqueue.View viewIfLive(int index) {
    deviceLock.lock();
    try {
      Virtqueue queue = queues.get(index);
      boolean live =
          (status & STATUS_DRIVER_OK) != 0 && (status & STATUS_NEEDS_RESET) == 0 && queue.enabled;
      working |= live;
      return live ? queue.view() : null;
    } finally {
      deviceLock.unlock();
    }
  }

  private Position position(Virtqueue.View view) {
    deviceLock.lock();
    try {
      Virtqueue queue = queues.get(view.index());
      return queue.generation == view.generation()
          ? new Position(queue.taken, (driverFeatures & EVENT_INDEX) != 0)
          : null;
    } finally {
      deviceLock.unlock();
    }
  }

  private boolean advance(Virtqueue.View view) {
    deviceLock.lock();
    try {
      Virtqueue queue = queues.get(view.index());
      if (queue.generation != view.generation()) {
        return false;
      }
      queue.taken = queue.taken + 1 & 0xffff;
      return true;
    } finally {
      deviceLock.unlock();
    }
  }

  private void interrupt(Virtqueue.View view, RingAccess rings, Position position)
      throws BrokenRingException {
    boolean wanted =
        position.eventIndex()
            ? rings.usedEvent() == (position.taken() & 0xffff)
            : (rings.availableFlags() & NO_INTERRUPT) == 0;
    if (!wanted) {
      return;
    }
    int vector;
    deviceLock.lock();
    try {
      vector = queues.get(view.index()).vector;
    } finally {
      deviceLock.unlock();
    }
    notifier.queueUsed(vector);
  }

  private void fail(Virtqueue.View view, BrokenRingException reason) {
    System.getLogger(VirtioCore.class.getName())
        .log(
            System.Logger.Level.DEBUG,
            "{0}: queue {1} is broken: {2}",
            context.name(),
            view.index(),
            reason.getMessage());
    deviceLock.lock();
    try {
      if (queues.get(view.index()).generation != view.generation()) {
        return;
      }
      status |= STATUS_NEEDS_RESET;
    } finally {
      deviceLock.unlock();
    }
    notifier.configurationChanged();
  }

  /** Ends the task; for a reset of the whole device and for the end. */
  void stop() {
    pausing = true;
    timer.stop();
    pausing = false;
  }

  /** Ends the task at the next chain; what is left then. The device lock is not held. */
  long suspend() {
    pausing = true;
    return timer.suspend();
  }

  void resume() {
    pausing = false;
    timer.resume();
  }

  StateRecord save(long workLeftNanos) {
    return new StateRecord(
        "virtio",
        1,
        Map.of(
            "deviceType",
            (long) deviceType(),
            "status",
            (long) status,
            "driverFeatures",
            driverFeatures,
            "queues",
            queues.stream().map(Virtqueue::save).toList(),
            "workLeftNanos",
            workLeftNanos));
  }

  void restore(StateRecord state) {
    state.expect("virtio", 1);
    List<StateRecord> saved = state.list("queues", StateRecord.class);
    if (state.number("deviceType") != deviceType() || saved.size() != queues.size()) {
      throw Errno.EINVAL.because(
          "%s is of virtio type %d with %d queues, its predecessor was of type %d with %d",
          context.name(), deviceType(), queues.size(), state.number("deviceType"), saved.size());
    }
    for (int index = 0; index < saved.size(); index++) {
      queues.get(index).restore(saved.get(index));
    }
    status = (int) state.number("status");
    driverFeatures = state.number("driverFeatures");
    timer.takeOver(state.number("workLeftNanos"));
  }
}

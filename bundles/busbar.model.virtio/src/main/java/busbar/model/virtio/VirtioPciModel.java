package busbar.model.virtio;

import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import busbar.machine.model.InterruptLine;
import busbar.machine.model.ModelContext;
import busbar.machine.model.ModelContext.Level;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A virtio device on PCI (virtio 1.2, section 4.1): common configuration, interrupt status, device
 * configuration and notifications in BAR 4, and the window to them in configuration space.
 *
 * <p>Any thread.
 */
final class VirtioPciModel implements DeviceModel {
  private static final String KIND = "virtio-pci";
  static final int VERSION = 1;
  private static final int BAR = 4;
  private static final AccessSizes SIZES = AccessSizes.between(1, 4);
  private static final AccessSizes SPLIT = new AccessSizes(1, 8, 1, 4);

  private static final int INTERRUPT_STATUS = 0x1000;
  private static final int DEVICE_CONFIG = 0x2000;
  private static final int NOTIFICATIONS = 0x3000;
  private static final int NOTIFICATION_STRIDE = 4;

  private static final int QUEUE_INTERRUPT = 1;
  private static final int CONFIG_INTERRUPT = 2;

  private final ModelContext context;
  private final VirtioCore core;
  private final InterruptLine line;
  private final ConfigWindow window;
  private final int vectors;

  /** Guards core and all fields below. */
  private final ReentrantLock deviceLock;

  private final CommonConfig common;
  private int interruptStatus;

  VirtioPciModel(ModelContext context, VirtioBackend backend) {
    this.context = context;
    core = new VirtioCore(context, backend, new Interrupts());
    deviceLock = core.deviceLock;
    line = new InterruptLine(context, 0);
    window = ConfigWindow.find(context);
    vectors = window.vectors();
    common = new CommonConfig(core, vectors);
  }

  /** Sends what the core has to tell: a message of its own vector, or the line with the status. */
  private final class Interrupts implements VirtioCore.Notifier {
    @Override
    public void queueUsed(int vector) {
      send(vector, QUEUE_INTERRUPT);
    }

    @Override
    public void configurationChanged() {
      int vector;
      deviceLock.lock();
      try {
        vector = common.configVector();
      } finally {
        deviceLock.unlock();
      }
      send(vector, CONFIG_INTERRUPT | QUEUE_INTERRUPT);
    }
  }

  private void send(int vector, int reason) {
    boolean messages = context.messagesEnabled();
    deviceLock.lock();
    try {
      interruptStatus |= reason;
      line.wantHighIf(!messages);
    } finally {
      deviceLock.unlock();
    }
    if (messages && vector < vectors) {
      context.message(vector);
    }
    line.publish();
  }

  @Override
  public long read(int region, long offset, int width) {
    if (region != BAR) {
      return 0;
    }
    long value = SPLIT.read(offset, width, (at, size) -> readBar((int) at, size));
    line.publish();
    return value;
  }

  private long readBar(int offset, int width) {
    deviceLock.lock();
    try {
      if (offset < INTERRUPT_STATUS) {
        return common.read(offset, width);
      }
      if (offset < DEVICE_CONFIG) {
        int status = interruptStatus;
        interruptStatus = 0;
        line.want(Level.LOW);
        return status;
      }
      return offset < NOTIFICATIONS ? -1 : 0; // the entropy device has no configuration
    } finally {
      deviceLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    if (region == BAR) {
      SPLIT.write(offset, width, value, (at, size, bits) -> writeBar((int) at, size, bits));
      line.publish();
    }
  }

  private void writeBar(int offset, int width, long value) {
    deviceLock.lock();
    try {
      if (offset < INTERRUPT_STATUS) {
        common.write(offset, width, value);
        if (CommonConfig.resets(offset, value)) {
          interruptStatus = 0;
          line.want(Level.LOW);
        }
      } else if (offset >= NOTIFICATIONS) {
        core.notified((offset - NOTIFICATIONS) / NOTIFICATION_STRIDE);
      }
    } finally {
      deviceLock.unlock();
    }
  }

  @Override
  public boolean ownsConfig(int offset, int width) {
    return window.holdsData(offset, width);
  }

  /** A read of the window's data fetches them from the BAR first. */
  @Override
  public void configRead(int offset, int width) {
    ConfigWindow.Access access = window.access(offset, width, BAR);
    if (access != null) {
      long value =
          SIZES.read(access.offset(), access.width(), (at, size) -> readBar((int) at, size));
      line.publish();
      context.setConfig(window.data(), access.width(), (int) value);
    }
  }

  /** A write to the window's data goes on to the BAR. */
  @Override
  public void configWritten(int offset, int width) {
    ConfigWindow.Access access = window.access(offset, width, BAR);
    if (access != null) {
      long value = context.config(window.data(), access.width());
      write(BAR, access.offset(), access.width(), value);
    }
  }

  @Override
  public void reset() {
    core.stop();
    deviceLock.lock();
    try {
      core.resetState();
      common.reset();
      interruptStatus = 0;
      line.want(Level.LOW);
    } finally {
      deviceLock.unlock();
    }
    line.publish();
  }

  @Override
  public StateRecord save() {
    long workLeft = core.suspend();
    deviceLock.lock();
    try {
      return new StateRecord(
          KIND,
          VERSION,
          Map.of(
              "core",
              core.save(workLeft),
              "common",
              common.save(),
              "interruptStatus",
              (long) interruptStatus,
              "line",
              line.wanted() == Level.HIGH));
    } finally {
      deviceLock.unlock();
    }
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
    deviceLock.lock();
    try {
      core.restore(state.get("core", StateRecord.class));
      common.restore(state.get("common", StateRecord.class));
      interruptStatus = (int) state.number("interruptStatus");
      line.wantHighIf(state.get("line", Boolean.class));
    } finally {
      deviceLock.unlock();
    }
    line.publish();
  }

  @Override
  public void resume() {
    core.resume();
  }

  @Override
  public void close() {
    core.stop();
  }
}

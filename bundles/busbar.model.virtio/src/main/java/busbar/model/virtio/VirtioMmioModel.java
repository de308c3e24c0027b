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
 * A virtio device behind registers in memory (virtio 1.2, section 4.2): 4-byte registers, one
 * interrupt line that is high while the interrupt status is not zero.
 *
 * <p>Any thread.
 */
final class VirtioMmioModel implements DeviceModel {
  private static final String KIND = "virtio-mmio";
  static final int VERSION = 1;
  private static final int QUEUE_INTERRUPT = 1;
  private static final int CONFIG_INTERRUPT = 2;
  private static final AccessSizes SIZES = new AccessSizes(1, 8, 1, 4);

  private final VirtioCore core;
  private final InterruptLine line;

  /** Guards core and all fields below. */
  private final ReentrantLock deviceLock;

  private int deviceFeaturesSelect;
  private int driverFeaturesSelect;
  private int queueSelect;
  private int interruptStatus;

  VirtioMmioModel(ModelContext context, VirtioBackend backend) {
    core = new VirtioCore(context, backend, new Interrupts());
    deviceLock = core.deviceLock;
    line = new InterruptLine(context, 0);
  }

  private final class Interrupts implements VirtioCore.Notifier {
    @Override
    public void queueUsed(int vector) {
      raise(QUEUE_INTERRUPT);
    }

    @Override
    public void configurationChanged() {
      raise(CONFIG_INTERRUPT);
    }
  }

  private void raise(int reason) {
    deviceLock.lock();
    try {
      interruptStatus |= reason;
      line.want(Level.HIGH);
    } finally {
      deviceLock.unlock();
    }
    line.publish();
  }

  @Override
  public long read(int region, long offset, int width) {
    return SIZES.read(offset, width, (at, size) -> readRegister((int) at, size));
  }

  private long readRegister(int offset, int width) {
    if (offset >= MmioRegisters.CONFIG) {
      return -1; // the entropy device has no configuration
    }
    if (width != 4) {
      return 0;
    }
    deviceLock.lock();
    try {
      Virtqueue queue = core.queue(queueSelect);
      return switch (offset) {
        case MmioRegisters.MAGIC -> MmioRegisters.MAGIC_VALUE;
        case MmioRegisters.VERSION -> MmioRegisters.VERSION_MODERN;
        case MmioRegisters.DEVICE_TYPE -> core.deviceType();
        case MmioRegisters.VENDOR -> MmioRegisters.VENDOR_VALUE;
        case MmioRegisters.DEVICE_FEATURES ->
            VirtioCore.half(core.offeredFeatures(), deviceFeaturesSelect);
        case MmioRegisters.QUEUE_SIZE_LARGEST -> queue == null ? 0 : queue.largest;
        case MmioRegisters.QUEUE_READY -> queue != null && queue.enabled ? 1 : 0;
        case MmioRegisters.INTERRUPT_STATUS -> interruptStatus;
        case MmioRegisters.STATUS -> core.status();
        default -> 0;
      };
    } finally {
      deviceLock.unlock();
    }
  }

  @Override
  public void write(int region, long offset, int width, long value) {
    SIZES.write(
        offset,
        width,
        value,
        (at, size, bits) -> {
          if (size == 4) {
            writeRegister((int) at, (int) bits);
          }
        });
    line.publish();
  }

  private void writeRegister(int offset, int value) {
    deviceLock.lock();
    try {
      switch (offset) {
        case MmioRegisters.DEVICE_FEATURES_SELECT -> deviceFeaturesSelect = value;
        case MmioRegisters.DRIVER_FEATURES_SELECT -> driverFeaturesSelect = value;
        case MmioRegisters.DRIVER_FEATURES -> core.acceptFeatures(driverFeaturesSelect, value);
        case MmioRegisters.QUEUE_SELECT -> queueSelect = value & 0xffff;
        case MmioRegisters.QUEUE_NOTIFY -> core.notified(value & 0xffff);
        case MmioRegisters.INTERRUPT_ACKNOWLEDGE -> {
          interruptStatus &= ~value;
          line.wantHighIf(interruptStatus != 0);
        }
        case MmioRegisters.STATUS -> {
          core.writeStatus(value & 0xff);
          if (value == 0) {
            resetTransport();
          }
        }
        default -> writeQueue(offset, value);
      }
    } finally {
      deviceLock.unlock();
    }
  }

  private void writeQueue(int offset, int value) {
    Virtqueue queue = core.queue(queueSelect);
    if (queue == null) {
      return;
    }
    switch (offset) {
      case MmioRegisters.QUEUE_READY -> {
        if ((value & 1) != 0) {
          queue.enabled = true;
        } else {
          queue.reset();
        }
      }
      case MmioRegisters.QUEUE_RESET -> {
        if ((value & 1) != 0) {
          queue.reset();
        }
      }
      default -> {
        if (!queue.enabled) {
          writeRing(queue, offset, value);
        }
      }
    }
  }

  private static void writeRing(Virtqueue queue, int offset, int value) {
    switch (offset) {
      case MmioRegisters.QUEUE_SIZE -> {
        if (queue.fits(value)) {
          queue.size = value;
        }
      }
      case MmioRegisters.QUEUE_DESCRIPTORS ->
          queue.descriptors = CommonConfig.low(queue.descriptors, value);
      case MmioRegisters.QUEUE_DESCRIPTORS + 4 ->
          queue.descriptors = CommonConfig.high(queue.descriptors, value);
      case MmioRegisters.QUEUE_DRIVER -> queue.available = CommonConfig.low(queue.available, value);
      case MmioRegisters.QUEUE_DRIVER + 4 ->
          queue.available = CommonConfig.high(queue.available, value);
      case MmioRegisters.QUEUE_DEVICE -> queue.used = CommonConfig.low(queue.used, value);
      case MmioRegisters.QUEUE_DEVICE + 4 -> queue.used = CommonConfig.high(queue.used, value);
      default -> {} // read-only, or nothing
    }
  }

  private void resetTransport() {
    deviceFeaturesSelect = 0;
    driverFeaturesSelect = 0;
    queueSelect = 0;
    interruptStatus = 0;
    line.want(Level.LOW);
  }

  @Override
  public void reset() {
    core.stop();
    deviceLock.lock();
    try {
      core.resetState();
      resetTransport();
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
              "core", core.save(workLeft),
              "deviceFeaturesSelect", (long) deviceFeaturesSelect,
              "driverFeaturesSelect", (long) driverFeaturesSelect,
              "queueSelect", (long) queueSelect,
              "interruptStatus", (long) interruptStatus));
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
      deviceFeaturesSelect = (int) state.number("deviceFeaturesSelect");
      driverFeaturesSelect = (int) state.number("driverFeaturesSelect");
      queueSelect = (int) state.number("queueSelect");
      interruptStatus = (int) state.number("interruptStatus");
      line.wantHighIf(interruptStatus != 0);
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

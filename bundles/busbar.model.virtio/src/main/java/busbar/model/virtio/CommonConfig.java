package busbar.model.virtio;

import busbar.api.state.StateRecord;
import java.util.Map;

/**
 * The common configuration structure (virtio 1.2, section 4.1.4.3). The core's device lock guards
 * it.
 */
final class CommonConfig {
  private static final int DEVICE_FEATURE_SELECT = 0x00;
  private static final int DEVICE_FEATURE = 0x04;
  private static final int DRIVER_FEATURE_SELECT = 0x08;
  private static final int DRIVER_FEATURE = 0x0c;
  private static final int CONFIG_VECTOR = 0x10;
  private static final int QUEUE_COUNT = 0x12;
  private static final int DEVICE_STATUS = 0x14;
  private static final int QUEUE_SELECT = 0x16;
  private static final int QUEUE_SIZE = 0x18;
  private static final int QUEUE_VECTOR = 0x1a;
  private static final int QUEUE_ENABLE = 0x1c;
  private static final int QUEUE_NOTIFY_OFFSET = 0x1e;
  private static final int QUEUE_DESCRIPTORS = 0x20;
  private static final int QUEUE_DRIVER = 0x28;
  private static final int QUEUE_DEVICE = 0x30;
  private static final int QUEUE_NOTIFY_DATA = 0x38;
  private static final int QUEUE_RESET = 0x3a;

  private final VirtioCore core;
  private final int vectors;
  private int deviceFeatureSelect;
  private int driverFeatureSelect;
  private int queueSelect;
  private int configVector = Virtqueue.NO_VECTOR;

  CommonConfig(VirtioCore core, int vectors) {
    this.core = core;
    this.vectors = vectors;
  }

  int configVector() {
    return configVector;
  }

  /** Reads a field by its offset; inside a field there is nothing. */
  long read(int offset, int width) {
    return switch (offset) {
      case DEVICE_FEATURE_SELECT -> deviceFeatureSelect;
      case DEVICE_FEATURE -> VirtioCore.half(core.offeredFeatures(), deviceFeatureSelect);
      case DRIVER_FEATURE_SELECT -> driverFeatureSelect;
      case DRIVER_FEATURE -> core.driverFeatures(driverFeatureSelect);
      case CONFIG_VECTOR -> configVector;
      case QUEUE_COUNT -> core.queueCount();
      case DEVICE_STATUS -> core.status();
      case QUEUE_SELECT -> queueSelect;
      default -> {
        Virtqueue queue = core.queue(queueSelect);
        yield queue == null ? 0 : readQueue(queue, offset);
      }
    };
  }

  private static long readQueue(Virtqueue queue, int offset) {
    return switch (offset) {
      case QUEUE_SIZE -> queue.size;
      case QUEUE_VECTOR -> queue.vector;
      case QUEUE_ENABLE -> queue.enabled ? 1 : 0;
      case QUEUE_NOTIFY_OFFSET, QUEUE_NOTIFY_DATA -> queue.index;
      case QUEUE_DESCRIPTORS -> queue.descriptors;
      case QUEUE_DESCRIPTORS + 4 -> queue.descriptors >>> 32;
      case QUEUE_DRIVER -> queue.available;
      case QUEUE_DRIVER + 4 -> queue.available >>> 32;
      case QUEUE_DEVICE -> queue.used;
      case QUEUE_DEVICE + 4 -> queue.used >>> 32;
      default -> 0;
    };
  }

  /** Whether a write resets the device. */
  static boolean resets(int offset, long value) {
    return offset == DEVICE_STATUS && (value & 0xff) == 0;
  }

  void write(int offset, int width, long value) {
    switch (offset) {
      case DEVICE_FEATURE_SELECT -> deviceFeatureSelect = (int) value;
      case DRIVER_FEATURE_SELECT -> driverFeatureSelect = (int) value;
      case DRIVER_FEATURE -> core.acceptFeatures(driverFeatureSelect, (int) value);
      case CONFIG_VECTOR -> configVector = vector(value);
      case DEVICE_STATUS -> {
        core.writeStatus((int) value & 0xff);
        if (resets(offset, value)) {
          reset();
        }
      }
      case QUEUE_SELECT -> queueSelect = (int) value & 0xffff;
      default -> {
        Virtqueue queue = core.queue(queueSelect);
        if (queue != null) {
          writeQueue(queue, offset, value);
        }
      }
    }
  }

  private void writeQueue(Virtqueue queue, int offset, long value) {
    switch (offset) {
      case QUEUE_VECTOR -> queue.vector = vector(value);
      case QUEUE_ENABLE -> {
        if ((value & 0xffff) == 1) {
          queue.enabled = true;
        }
      }
      case QUEUE_RESET -> {
        if ((value & 0xffff) == 1) {
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

  private static void writeRing(Virtqueue queue, int offset, long value) {
    switch (offset) {
      case QUEUE_SIZE -> {
        if (queue.fits((int) value & 0xffff)) {
          queue.size = (int) value & 0xffff;
        }
      }
      case QUEUE_DESCRIPTORS -> queue.descriptors = low(queue.descriptors, value);
      case QUEUE_DESCRIPTORS + 4 -> queue.descriptors = high(queue.descriptors, value);
      case QUEUE_DRIVER -> queue.available = low(queue.available, value);
      case QUEUE_DRIVER + 4 -> queue.available = high(queue.available, value);
      case QUEUE_DEVICE -> queue.used = low(queue.used, value);
      case QUEUE_DEVICE + 4 -> queue.used = high(queue.used, value);
      default -> {} // read-only, or nothing
    }
  }

  static long low(long address, long value) {
    return address & ~0xffff_ffffL | value & 0xffff_ffffL;
  }

  static long high(long address, long value) {
    return address & 0xffff_ffffL | value << 32;
  }

  /** A vector that the function does not have becomes none, which is how a driver learns of it. */
  private int vector(long value) {
    int wanted = (int) value & 0xffff;
    return wanted < vectors ? wanted : Virtqueue.NO_VECTOR;
  }

  void reset() {
    deviceFeatureSelect = 0;
    driverFeatureSelect = 0;
    queueSelect = 0;
    configVector = Virtqueue.NO_VECTOR;
  }

  StateRecord save() {
    return new StateRecord(
        "virtio-common-config",
        1,
        Map.of(
            "deviceFeatureSelect", (long) deviceFeatureSelect,
            "driverFeatureSelect", (long) driverFeatureSelect,
            "queueSelect", (long) queueSelect,
            "configVector", (long) configVector));
  }

  void restore(StateRecord state) {
    state.expect("virtio-common-config", 1);
    deviceFeatureSelect = (int) state.number("deviceFeatureSelect");
    driverFeatureSelect = (int) state.number("driverFeatureSelect");
    queueSelect = (int) state.number("queueSelect");
    configVector = (int) state.number("configVector");
  }
}

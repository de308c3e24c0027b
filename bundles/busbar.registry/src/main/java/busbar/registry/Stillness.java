package busbar.registry;

import busbar.api.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Devices on which nothing goes on: every gate before their driver is closed, nobody opens and
 * nobody closes them. Operations wait until {@link #end}; closing a file does not wait, it takes
 * effect then.
 */
final class Stillness {
  private static final long CLOSER_NANOS = 100_000;

  private final List<Gate> paused = new ArrayList<>();

  private Stillness() {}

  /**
   * Closes the gates of all devices; waits for the operations inside.
   *
   * @throws busbar.api.VfioException {@code EBUSY} one of them does not end in time, {@code ENODEV}
   *     a device is gone; all gates are open again
   */
  static Stillness of(List<DeviceObject> devices, long nanos) {
    Stillness still = new Stillness();
    long deadline = System.nanoTime() + nanos;
    try {
      for (DeviceObject device : devices) {
        still.close(device, device.gate, deadline);
        still.closeFiles(device, deadline);
      }
    } catch (RuntimeException | Error e) {
      still.end();
      throw e;
    }
    return still;
  }

  private void close(DeviceObject device, Gate gate, long deadline) {
    if (!gate.pause(deadline - System.nanoTime())) {
      throw gate.hasEnded()
          ? Errno.ENODEV.because("%s is gone", device.name())
          : Errno.EBUSY.because("an operation on %s does not end", device.name());
    }
    paused.add(gate);
  }

  /** No file comes any more, since opens pass the device's gate. */
  private void closeFiles(DeviceObject device, long deadline) {
    for (DeviceFile file : device.files()) {
      // one that has ended is being closed: its driver's release may be under way
      while (device.files().contains(file) && !paused.contains(file.gate)) {
        if (file.gate.pause(deadline - System.nanoTime())) {
          paused.add(file.gate);
        } else if (!file.gate.hasEnded() || System.nanoTime() - deadline >= 0) {
          throw Errno.EBUSY.because("an operation on %s does not end", device.name());
        } else {
          LockSupport.parkNanos(this, CLOSER_NANOS);
        }
      }
    }
  }

  /** Lets everybody go on. */
  void end() {
    end(() -> {});
  }

  /**
   * As {@link #end()}.
   *
   * @param opened runs when all gates are open, before those who wait are woken
   */
  void end(Runnable opened) {
    List<Runnable> wakings = new ArrayList<>();
    for (Gate gate : paused.reversed()) {
      wakings.add(gate.reopen());
    }
    paused.clear();
    opened.run();
    wakings.forEach(Runnable::run);
  }
}

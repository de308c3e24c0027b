package busbar.platform;

import busbar.api.platform.PlatformDevice;
import busbar.api.platform.PlatformReset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** The reset handlers that are there now, by compatible string. Any thread. */
final class ResetHandlers {
  private final List<PlatformReset> handlers = new CopyOnWriteArrayList<>();
  private volatile boolean kept;

  void add(PlatformReset handler) {
    handlers.add(handler);
  }

  void remove(PlatformReset handler) {
    if (!kept) {
      handlers.remove(handler);
    }
  }

  /**
   * The driver's service goes, and with it what it was given. Those that are there are kept: a
   * device that waits for a successor in vain has to be reset all the same.
   */
  void keep() {
    kept = true;
  }

  /** The handler of the most specific compatible string that has one. */
  Optional<PlatformReset> of(PlatformDevice device) {
    for (String compatible : device.compatible()) {
      for (PlatformReset handler : handlers) {
        if (handler.compatible().equals(compatible)) {
          return Optional.of(handler);
        }
      }
    }
    return Optional.empty();
  }
}

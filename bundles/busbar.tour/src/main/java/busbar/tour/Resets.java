package busbar.tour;

import busbar.api.admin.DeviceView;
import busbar.client.DeviceSession;
import java.util.List;

/**
 * Shows a reset: of the device itself, or, where hardware gives it none, of the next one that has.
 */
final class Resets {
  private Resets() {}

  static String show(Place place, DeviceSession session, DeviceView shown) {
    if (session.device().info().canReset()) {
      session.device().reset();
      return session.device().name() + " was reset";
    }
    List<DeviceView> others =
        place.admin().devices().stream()
            .filter(device -> device.state() == DeviceView.State.READY)
            .filter(device -> device.group().isPresent())
            // a group that is open cannot be opened again
            .filter(device -> !device.group().equals(shown.group()))
            .toList();
    for (DeviceView other : others) {
      try (DeviceSession second = Way.to(place, other).open(place, other, "tour-reset")) {
        if (second.device().info().canReset()) {
          second.device().reset();
          return other.name() + " was reset (" + session.device().name() + " cannot be)";
        }
      }
    }
    throw new IllegalStateException("no device here can be reset");
  }
}

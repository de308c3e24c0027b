package busbar.tour;

import busbar.api.admin.DeviceView;
import java.util.Optional;

/**
 * Knows how to do the main job (open, map, DMA, interrupt, reset, close) with one kind of device.
 * The tour asks each guide in turn and goes with the first that finds its device ready.
 */
interface Guide {
  /** The device that it would use, if the place has one ready. */
  Optional<DeviceView> device(Place place);

  /** Does it all; everything that it opened is closed when it returns, also after a failure. */
  void lead(Place place, DeviceView device, Log log);

  /** A device that a VFIO driver has and nobody uses, whose line for people starts with that. */
  static Optional<DeviceView> ready(Place place, String bus, String summaryStart) {
    return place.admin().devices().stream()
        .filter(device -> device.bus().equals(bus))
        .filter(device -> device.state() == DeviceView.State.READY)
        .filter(device -> device.summary().startsWith(summaryStart))
        .findFirst();
  }
}

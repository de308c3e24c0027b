package busbar.tour;

import busbar.api.admin.DeviceView;
import java.util.List;

/**
 * Knows how to do the main job (open, map, DMA, interrupt, reset, close) with one kind of device,
 * as far as the kind has these. The tour goes with every guide that finds a device ready.
 */
interface Guide {
  /** The devices that it would show, one for each way to drive them; none if none is ready. */
  List<DeviceView> devices(Place place);

  /** Does it all; everything that it opened is closed when it returns, also after a failure. */
  void lead(Place place, DeviceView device, Log log);

  /** Devices that a VFIO driver has and nobody uses, whose line for people starts with that. */
  static List<DeviceView> ready(Place place, String bus, String summaryStart) {
    return place.admin().devices().stream()
        .filter(device -> device.bus().equals(bus))
        .filter(device -> device.state() == DeviceView.State.READY)
        .filter(device -> device.group().isPresent())
        .filter(device -> device.summary().startsWith(summaryStart))
        .toList();
  }
}

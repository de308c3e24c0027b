package busbar.tour;

import busbar.api.admin.ContainerView;
import busbar.api.admin.DeviceView;
import busbar.api.admin.Explanation;
import busbar.api.admin.GroupView;
import java.util.List;

/** The appliance's main job without a person: from the list of devices to nothing left behind. */
final class Tour {
  private final Place place;
  private final List<Guide> guides;
  private final Log log;

  Tour(Place place, List<Guide> guides, Log log) {
    this.place = place;
    this.guides = guides;
    this.log = log;
  }

  /** Goes; whether all of it worked is in the log. */
  void go() {
    long pinnedBefore = place.memory().pinnedBytes();
    int clientsBefore = place.admin().clients().size();
    try {
      log.step("list", this::list);
      int shown = 0;
      for (Guide guide : guides) {
        for (DeviceView device : guide.devices(place)) {
          Log part = shown++ == 0 ? log : log.part(device.bus() + " " + device.name());
          part.step("match", () -> explain(device));
          guide.lead(place, device, part);
        }
      }
      if (shown == 0) {
        log.step("match", this::noDevice);
      }
      log.step("nothing left", () -> nothingLeft(pinnedBefore, clientsBefore));
    } catch (Log.StepFailedException e) {
      // the log has it, with its reason
    }
  }

  private String list() {
    List<DeviceView> devices = place.admin().devices();
    List<GroupView> groups = place.admin().groups();
    Check.that(!devices.isEmpty(), "the machine %s has no devices", place.machine());
    Check.that(!groups.isEmpty(), "no group has a node: no device is bound to a VFIO driver");
    return devices.size()
        + " devices, "
        + groups.size()
        + " groups, "
        + place.admin().backends().size()
        + " backends";
  }

  private String noDevice() {
    throw new IllegalStateException("no device is ready that the tour knows how to drive");
  }

  private String explain(DeviceView device) {
    Explanation explanation = place.admin().explain(device.name());
    boolean matched =
        explanation.findings().stream()
            .anyMatch(finding -> finding.verdict() == Explanation.Verdict.YES);
    Check.that(matched, "nobody answers for %s: %s", device.name(), device.because());
    return device.name() + " by " + device.driver().orElse("nobody");
  }

  private String nothingLeft(long pinnedBefore, int clientsBefore) {
    List<ContainerView> containers =
        place.admin().containers().stream()
            .filter(container -> container.client().startsWith("tour"))
            .toList();
    Check.that(containers.isEmpty(), "still open: %s", containers);
    Check.that(
        place.admin().clients().size() == clientsBefore,
        "clients are left: %s",
        place.admin().clients());
    long pinned = place.memory().pinnedBytes();
    Check.that(pinned == pinnedBefore, "%d bytes stay pinned", pinned - pinnedBefore);
    boolean open = place.admin().devices().stream().anyMatch(device -> device.openCount() > 0);
    Check.that(!open, "a device stays open");
    return "nothing pinned, mapped or open";
  }
}

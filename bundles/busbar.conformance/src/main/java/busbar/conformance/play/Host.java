package busbar.conformance.play;

import busbar.api.admin.DeviceView;
import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.conformance.scenario.BadStepException;
import busbar.conformance.scenario.MachineFacts;
import busbar.conformance.sysfs.SysfsView;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The machine that a scenario is played on, with the names that the scenario has for its parts. */
final class Host {
  private static final Pattern ALIAS = Pattern.compile("@group\\((\\w+)\\)|@(\\w+)");

  private final MachineFacts facts;
  private final Vfio vfio;
  private final VfioAdmin admin;
  private final SysfsView sysfs;
  private final AtomicInteger freeHugePages;

  Host(MachineFacts facts, Bench bench) {
    this.facts = facts;
    this.vfio = bench.vfio();
    this.admin = bench.admin();
    this.sysfs = new SysfsView(bench.admin(), bench.mdev());
    this.freeHugePages = new AtomicInteger(facts.hugePages());
  }

  MachineFacts facts() {
    return facts;
  }

  Vfio vfio() {
    return vfio;
  }

  VfioAdmin admin() {
    return admin;
  }

  SysfsView sysfs() {
    return sysfs;
  }

  AtomicInteger freeHugePages() {
    return freeHugePages;
  }

  /** The bus name that {@code @alias} stands for; any other word stands for itself. */
  String device(String word) {
    if (!word.startsWith("@")) {
      return word;
    }
    String device = facts.devices().get(word.substring(1));
    if (device == null) {
      throw BadStepException.because("machine %s has no %s", facts.name(), word);
    }
    return device;
  }

  /** The device as administration sees it now, empty if it is not there. */
  Optional<DeviceView> view(String device) {
    return admin.devices().stream().filter(view -> view.name().equals(device)).findFirst();
  }

  /** The number of the group that a device is in now. */
  OptionalInt group(String device) {
    return view(device).map(DeviceView::group).orElse(OptionalInt.empty());
  }

  /**
   * A path with {@code @a} and {@code @group(a)} replaced by the names that the kernel has for
   * them.
   */
  String path(String word) {
    Matcher matcher = ALIAS.matcher(word);
    return matcher.replaceAll(
        found -> {
          if (found.group(1) != null) {
            OptionalInt group = group(device("@" + found.group(1)));
            return group.isPresent() ? Integer.toString(group.getAsInt()) : "-1";
          }
          return Matcher.quoteReplacement(device("@" + found.group(2)));
        });
  }
}

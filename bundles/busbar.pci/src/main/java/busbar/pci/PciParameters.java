package busbar.pci;

import busbar.api.Errno;
import busbar.api.device.ModuleParameters.Parameter;
import busbar.api.state.StateRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parameters of the module {@code vfio_pci}; safe for use by all threads. */
final class PciParameters {
  private static final String IDS = "ids";
  private static final String NOINTXMASK = "nointxmask";
  private static final String DISABLE_VGA = "disable_vga";
  private static final String DISABLE_IDLE_D3 = "disable_idle_d3";
  private static final String ENABLE_SRIOV = "enable_sriov";
  private static final String DISABLE_DENYLIST = "disable_denylist";

  /** What a device keeps from the time when it was bound. */
  record Latched(boolean nointxmask, boolean disableVga, boolean disableIdleD3) {
    /** For a successor: a swap is no bind. */
    StateRecord toRecord() {
      return new StateRecord(
          "vfio-pci options",
          1,
          Map.of(NOINTXMASK, nointxmask, DISABLE_VGA, disableVga, DISABLE_IDLE_D3, disableIdleD3));
    }

    static Latched of(StateRecord record) {
      return new Latched(
          record.get(NOINTXMASK, Boolean.class),
          record.get(DISABLE_VGA, Boolean.class),
          record.get(DISABLE_IDLE_D3, Boolean.class));
    }
  }

  private final Map<String, String> initial;
  private final Map<String, String> values;
  private List<PciIds.Pattern> patterns;

  PciParameters(VfioPciDriver.Config config) {
    values = new LinkedHashMap<>();
    values.put(IDS, config.ids());
    values.put(NOINTXMASK, text(config.nointxmask()));
    values.put(DISABLE_VGA, text(config.disable_vga()));
    values.put(DISABLE_IDLE_D3, text(config.disable_idle_d3()));
    values.put(ENABLE_SRIOV, text(config.enable_sriov()));
    values.put(DISABLE_DENYLIST, text(config.disable_denylist()));
    initial = Map.copyOf(values);
    patterns = PciIds.Pattern.parse(config.ids());
  }

  synchronized List<PciIds.Pattern> ids() {
    return patterns;
  }

  synchronized Latched latch() {
    return new Latched(is(NOINTXMASK), is(DISABLE_VGA), is(DISABLE_IDLE_D3));
  }

  synchronized boolean enableSriov() {
    return is(ENABLE_SRIOV);
  }

  synchronized boolean disableDenylist() {
    return is(DISABLE_DENYLIST);
  }

  private boolean is(String name) {
    return values.get(name).equals("Y");
  }

  synchronized List<Parameter> list() {
    return values.keySet().stream()
        .map(name -> new Parameter(name, values.get(name), initial.get(name), description(name)))
        .toList();
  }

  /**
   * Changes one.
   *
   * @throws busbar.api.VfioException {@code ENOENT} for an unknown name, {@code EINVAL} for a value
   *     that it cannot take
   */
  synchronized void set(String name, String value) {
    if (!values.containsKey(name)) {
      throw Errno.ENOENT.because("vfio_pci has no parameter %s", name);
    }
    if (name.equals(IDS)) {
      patterns = PciIds.Pattern.parse(value.strip());
      values.put(name, value.strip());
      return;
    }
    values.put(
        name,
        switch (value.strip()) {
          case "Y", "y", "1", "true", "on" -> "Y";
          case "N", "n", "0", "false", "off" -> "N";
          default -> throw Errno.EINVAL.because("%s is Y or N, not '%s'", name, value);
        });
  }

  private static String text(boolean value) {
    return value ? "Y" : "N";
  }

  private static String description(String name) {
    return switch (name) {
      case IDS ->
          "takes functions with these ids: vendor:device[:subvendor[:subdevice[:class[:mask]]]]";
      case NOINTXMASK -> "masks INTx by its line, never by the COMMAND register";
      case DISABLE_VGA -> "shows no region of legacy VGA ranges";
      case DISABLE_IDLE_D3 -> "leaves unused functions awake";
      case ENABLE_SRIOV -> "allows virtual functions of functions that a user may open";
      default -> "takes accelerators that are known to be unsafe";
    };
  }
}

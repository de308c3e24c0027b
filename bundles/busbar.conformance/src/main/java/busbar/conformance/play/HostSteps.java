package busbar.conformance.play;

import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.admin.DeviceView;
import busbar.api.memory.AddressSpace;
import busbar.conformance.scenario.BadStepException;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Steps that ask the platform's administration, under the kernel's paths, and those on the process
 * itself.
 */
final class HostSteps {
  private HostSteps() {}

  static void addTo(Map<String, StepAction> actions) {
    actions.put("bind", HostSteps::bind);
    actions.put("unbind", HostSteps::unbind);
    actions.put("driver", HostSteps::driver);
    actions.put("group-devices", HostSteps::groupDevices);
    actions.put("sysfs-read", HostSteps::read);
    actions.put("sysfs-write", HostSteps::write);
    actions.put("exists", HostSteps::exists);
    actions.put("kernel-param", HostSteps::parameter);
    actions.put("vmlck", HostSteps::lockedMemory);
    actions.put("rlimit", HostSteps::limit);
    actions.put("drop-cap", HostSteps::dropCapability);
    actions.put("sleep", HostSteps::sleep);
    actions.put("let", HostSteps::let);
  }

  private static String bind(Session s, Arguments a) {
    String device = s.host().device(a.word(0, "device"));
    String driver = a.word(1, "driver");
    s.host().admin().setOverride(device, driver);
    s.host().admin().bind(device, driver);
    return "OK";
  }

  private static String unbind(Session s, Arguments a) {
    s.host().admin().unbind(s.host().device(a.word(0, "device")));
    return "OK";
  }

  private static String driver(Session s, Arguments a) {
    String device = s.host().device(a.word(0, "device"));
    return "OK " + s.host().view(device).flatMap(DeviceView::driver).orElse("none");
  }

  private static String groupDevices(Session s, Arguments a) {
    OptionalInt group = s.host().group(s.host().device(a.word(0, "device")));
    if (group.isEmpty()) {
      throw Errno.ENOENT.because("%s is in no group", a.word(0, "device"));
    }
    StringBuilder result = new StringBuilder("OK");
    s.host().admin().devices().stream()
        .filter(view -> view.group().equals(group))
        .map(DeviceView::name)
        .sorted()
        .forEach(name -> result.append(' ').append(s.host().facts().alias(name)));
    return result.toString();
  }

  private static String read(Session s, Arguments a) {
    return "OK " + s.host().sysfs().read(s.host().path(a.word(0, "path")));
  }

  private static String write(Session s, Arguments a) {
    String path = s.host().path(a.word(0, "path"));
    StringBuilder value = new StringBuilder();
    for (String word : a.all().subList(1, a.all().size())) {
      value.append(value.isEmpty() ? "" : " ").append(s.host().path(word));
    }
    s.host().sysfs().write(path, value.toString());
    return "OK";
  }

  private static String exists(Session s, Arguments a) {
    return s.host().sysfs().exists(s.host().path(a.word(0, "path"))) ? "OK yes" : "OK no";
  }

  private static String parameter(Session s, Arguments a) {
    String[] name = a.word(0, "parameter").split("\\.", 2);
    if (name.length != 2) {
      throw BadStepException.because("%s is not MODULE.PARAMETER", a.word(0, "parameter"));
    }
    s.host().admin().setParameter(name[0], name[1], a.word(1, "value"));
    return "OK";
  }

  private static String lockedMemory(Session s, Arguments a) {
    long kibibytes = s.client().memory().lockedPages() * (AddressSpace.PAGE >> 10);
    return "OK VmLck=" + kibibytes + "kB VmPin=0kB";
  }

  private static String limit(Session s, Arguments a) {
    long bytes = s.value(a.required("memlock"));
    s.client().memory().setLockedLimitBytes(bytes < 0 ? AddressSpace.UNLIMITED : bytes);
    return "OK";
  }

  private static String dropCapability(Session s, Arguments a) {
    String name = a.word(0, "capability");
    if (name.equals("ALL")) {
      for (Capability capability : Capability.values()) {
        s.client().drop(capability);
      }
      return "OK";
    }
    for (Capability capability : Capability.values()) {
      if (capability.name().equals(name)) {
        s.client().drop(capability);
        return "OK";
      }
    }
    throw BadStepException.because("there is no capability %s", name);
  }

  private static String sleep(Session s, Arguments a) throws InterruptedException {
    Thread.sleep(Waits.millis(s.value(a.word(0, "time"))));
    return "OK";
  }

  private static String let(Session s, Arguments a) {
    s.let(a.word(0, "name"), s.value(a.word(1, "value")));
    return "OK";
  }
}
